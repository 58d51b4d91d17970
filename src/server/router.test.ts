import { describe, expect, test } from "bun:test";
import { operations } from "../api/index.ts";
import { createRouter } from "./router.ts";

const find = createRouter(operations.map((operation) => ({ operation })));
const route = (method: string, path: string) => {
	const match = find(method, path);
	return match && [match.target.operation.id, match.params];
};

describe("router", () => {
	test("every operation is found at its own path", () => {
		for (const { id, method, path } of operations) {
			const filled = path.replace(/:(\w+)/g, "some-$1");
			expect(find(method, filled)?.target.operation.id).toBe(id);
		}
	});

	test("fixed paths win over parameters", () => {
		expect(route("GET", "/images/json")).toEqual(["ImageList", {}]);
		expect(route("GET", "/images/get")).toEqual(["ImageGetAll", {}]);
		expect(route("GET", "/plugins/privileges")).toEqual(["GetPluginPrivileges", {}]);
		expect(route("POST", "/containers/prune")).toEqual(["ContainerPrune", {}]);
	});

	test("names span segments, ids do not", () => {
		expect(route("GET", "/images/localhost:5000/a/b:c/json")).toEqual([
			"ImageInspect",
			{ name: "localhost:5000/a/b:c" },
		]);
		expect(route("DELETE", "/images/a/json")).toEqual(["ImageDelete", { name: "a/json" }]);
		expect(route("GET", "/containers/a/b/json")).toBeUndefined();
		expect(route("GET", "/containers//json")).toBeUndefined();
	});

	test("escapes are decoded, broken ones refused", () => {
		expect(route("GET", "/volumes/a%20b")).toEqual(["VolumeInspect", { name: "a b" }]);
		expect(() => route("GET", "/volumes/%zz")).toThrow('invalid URL escape in "%zz"');
	});

	test("other methods and paths are not found", () => {
		expect(route("PATCH", "/containers/json")).toBeUndefined();
		expect(route("GET", "/")).toBeUndefined();
		expect(route("GET", "/containers/json/")).toBeUndefined();
		expect(route("GET", "/constructor")).toBeUndefined();
	});
});
