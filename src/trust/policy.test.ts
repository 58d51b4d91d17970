import { expect, test } from "bun:test";
import { parseReference } from "../oci/index.ts";
import { parseTrustPolicy, ruleFor } from "./policy.ts";

const pem = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n";
const policy = (value: unknown) => parseTrustPolicy(JSON.stringify(value), "trust.json");

test("the longest match decides, whole names only", () => {
	const { rules, ...rest } = policy({
		default: "refuse",
		rules: [
			{ match: "docker.io", action: "accept" },
			{ match: "docker.io/evil/*", action: "refuse" },
			{ match: "docker.io/evil/but-good", action: "signed", keys: [pem], name: "any" },
			{ match: "registry.lan:5000/team/*", action: "accept" },
		],
	});
	expect(rest).toEqual({ default: "refuse", archives: "accept" });
	const actionFor = (name: string) => ruleFor({ rules, ...rest }, parseReference(name))?.action;
	expect(actionFor("busybox")).toBe("accept");
	expect(actionFor("evil/image:1")).toBe("refuse");
	expect(actionFor("evil/but-good:2")).toBe("signed");
	expect(actionFor("evil/but-good/below")).toBe("refuse");
	expect(actionFor("evilish/image")).toBe("accept");
	expect(actionFor("registry.lan:5000/team/a/b")).toBe("accept");
	expect(actionFor("registry.lan:5000/teams/a")).toBeUndefined();
	expect(actionFor("registry.lan:5001/team/a")).toBeUndefined();
});

test("what is wrong is named, with its place", () => {
	const wrong: [unknown, string][] = [
		[[], "expected one JSON object"],
		[{ defualt: "refuse" }, "defualt: expected no such member"],
		[{ default: "reject" }, "default: expected"],
		[{ archives: true }, "archives: expected"],
		[{ rules: {} }, "rules: expected a list"],
		[{ rules: [{ match: "busybox", action: "accept" }] }, "rules[0].match"],
		[{ rules: [{ match: "docker.io/busybox", action: "accept" }] }, "rules[0].match"],
		[{ rules: [{ match: "docker.io/library/busybox:1", action: "accept" }] }, "rules[0].match"],
		[{ rules: [{ match: "docker.io", action: "sign" }] }, "rules[0].action"],
		[{ rules: [{ match: "docker.io", action: "signed", keys: [] }] }, "rules[0].keys"],
		[{ rules: [{ match: "docker.io", action: "signed", keys: ["key.pub"] }] }, "an absolute path"],
		[{ rules: [{ match: "docker.io", action: "signed", keys: ["/nonexistent.pub"] }] }, "/nonexistent.pub"],
		[{ rules: [{ match: "docker.io", action: "signed", keys: [pem], name: "tag" }] }, "rules[0].name"],
		[{ rules: [{ match: "docker.io", action: "accept", keys: [pem] }] }, "rules[0].keys"],
		[{ rules: [{ match: "docker.io", action: "accept", key: pem }] }, "rules[0].key"],
		[
			{
				rules: [
					{ match: "docker.io", action: "accept" },
					{ match: "docker.io", action: "refuse" },
				],
			},
			"one rule for docker.io",
		],
	];
	for (const [value, text] of wrong)
		expect(() => policy(value)).toThrow(
			expect.objectContaining({ code: "invalid_argument", message: expect.stringContaining(text) }),
		);
	expect(() => parseTrustPolicy("{", "trust.json")).toThrow("trust.json: ");
});
