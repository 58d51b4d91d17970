import { describe, expect, test } from "bun:test";
import { Type } from "typebox";
import { ContainerCreateRequest, Filters } from "../../api/index.ts";
import { decodeFilters } from "./filters.ts";
import { decodeJson } from "./json-body.ts";
import { decodeBoolean, decodeQuery } from "./query.ts";
import { decodeRegistryAuth } from "./registry-auth.ts";

describe("query", () => {
	test("booleans are true but for Docker's words of no", () => {
		for (const text of ["", "0", "no", "No", "false", "FALSE", "none", " 0 "])
			expect(decodeBoolean(text)).toBe(false);
		for (const text of ["1", "true", "True", "yes", "on", "2", "f"]) expect(decodeBoolean(text)).toBe(true);
	});

	test("parameters are decoded by schema, others left out", () => {
		const schema = Type.Object({
			all: Type.Optional(Type.Boolean()),
			limit: Type.Optional(Type.Integer()),
			names: Type.Optional(Type.Array(Type.String())),
			filters: Type.Optional(Filters),
			tag: Type.Optional(Type.String()),
		});
		const search = new URLSearchParams("all=1&limit=-5&names=a&names=b+c&filters={}&tag=&other=1");
		expect(decodeQuery(schema, search)).toEqual({
			all: true,
			limit: -5,
			names: ["a", "b c"],
			filters: {},
			tag: "",
		});
		expect(decodeQuery(schema, new URLSearchParams())).toEqual({});
		for (const limit of ["x", "1.5", "0x10", "1e3", "99999999999999999999"])
			expect(() => decodeQuery(schema, new URLSearchParams({ limit }))).toThrow("invalid value for limit");
	});

	test("a parameter that the schema wants is there", () => {
		const schema = Type.Object({ to: Type.String() });
		expect(decodeQuery(schema, new URLSearchParams("to=a"))).toEqual({ to: "a" });
		expect(() => decodeQuery(schema, new URLSearchParams("from=a"))).toThrow("query parameter to is missing");
	});
});

describe("filters", () => {
	test("come in two shapes", () => {
		expect(decodeFilters('{"status":["exited","dead"]}')).toEqual({ status: ["exited", "dead"] });
		expect(decodeFilters('{"status":{"exited":true,"dead":false}}')).toEqual({ status: ["exited"] });
		expect(decodeFilters('{"status":null}')).toEqual({ status: [] });
		for (const none of ["", "null", "{}"]) expect(decodeFilters(none)).toEqual({});
	});

	test("anything else is invalid", () => {
		for (const text of ["x", "[]", "1", '"a"', '{"a":1}', '{"a":[1]}', '{"a":{"b":1}}', '{"a":"b"}'])
			expect(() => decodeFilters(text)).toThrow("invalid filter");
	});
});

describe("JSON bodies", () => {
	const decode = (value: unknown) => decodeJson(ContainerCreateRequest, JSON.stringify(value));

	test("what the schema wants is there, down to the leaves", () => {
		const missing = "invalid JSON: HostConfig.HullSecrets.0.Name is missing";
		for (const secret of [{}, { Name: null }])
			expect(() => decode({ HostConfig: { HullSecrets: [secret] } })).toThrow(missing);
		expect(() => decode({ HostConfig: { HullSecrets: [{ name: "s" }] } })).not.toThrow();
	});

	test("null is absence and case does not matter, down to the leaves", () => {
		const { value } = decode({
			IMAGE: "x",
			cmd: null,
			hostconfig: { MEMORY: 5, PortBindings: { "80/tcp": [{ hostport: "8080", HostIp: null }] } },
		});
		expect(value).toEqual({
			Image: "x",
			HostConfig: { Memory: 5, PortBindings: { "80/tcp": [{ HostPort: "8080" }] } },
		});
	});

	test("keys of maps keep their case", () => {
		expect(decode({ Labels: { Image: "a", IMAGE: "b" } }).value).toEqual({
			Labels: { Image: "a", IMAGE: "b" },
		});
	});

	test("unknown fields are named when they have a value", () => {
		const { unknownFields } = decode({
			Sparkle: 1,
			Empty: "",
			Zero: { a: 0, b: [], c: [false, ""] },
			HostConfig: { Mounts: [{ Type: "bind", Glitter: true }] },
		});
		expect(unknownFields).toEqual(["Sparkle", "HostConfig.Mounts.0.Glitter"]);
	});

	test("a command may be one string, an environment may not", () => {
		expect(decode({ Cmd: "ls", Entrypoint: "sh" }).value).toEqual({ Cmd: ["ls"], Entrypoint: ["sh"] });
		expect(() => decode({ Env: "a=b" })).toThrow("invalid JSON: Env: expected a list, found string");
	});

	test("wrong types are refused with the field's name", () => {
		expect(() => decode({ HostConfig: { Memory: 1.5 } })).toThrow(
			"HostConfig.Memory: expected an integer, found number",
		);
		expect(() => decode({ Tty: "yes" })).toThrow("Tty: expected a boolean, found string");
		expect(() => decode({ Labels: ["a"] })).toThrow("Labels: expected an object, found a list");
		expect(() => decode({ Env: [null] })).toThrow("Env.0: expected a string, found null");
		expect(() => decodeJson(ContainerCreateRequest, "null")).toThrow("expected an object, found null");
		expect(() => decodeJson(ContainerCreateRequest, "{} {}")).toThrow("invalid JSON");
	});

	test("names of the language are data", () => {
		const { value } = decodeJson(
			ContainerCreateRequest,
			'{"Labels":{"__proto__":"a","constructor":"b"},"__proto__":{"Image":"x"}}',
		);
		expect(value).toEqual({ Labels: { constructor: "b" } });
		expect((value as { Image?: string }).Image).toBeUndefined();
	});
});

describe("X-Registry-Auth", () => {
	test("is base64url, with and without padding, or nothing", () => {
		const auth = Buffer.from('{"username":"a","password":"?>~"}');
		for (const text of [auth.toString("base64url"), auth.toString("base64")])
			expect(decodeRegistryAuth(text)).toEqual({ username: "a", password: "?>~" });
		for (const none of [undefined, "", "e30=", "bnVsbA=="])
			expect(decodeRegistryAuth(none) ?? {}).toEqual({});
	});

	test("errors do not repeat it", () => {
		const bad = Buffer.from('{"password":').toString("base64url");
		expect(() => decodeRegistryAuth(bad)).toThrow(/^invalid X-Registry-Auth header$/);
	});
});
