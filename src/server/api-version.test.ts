import { describe, expect, test } from "bun:test";
import { isBefore, newestApiVersion, takeVersion } from "./api-version.ts";

describe("API version", () => {
	test("is compared part by part", () => {
		expect(isBefore("1.9", "1.24")).toBe(true);
		expect(isBefore("1.24", "1.24")).toBe(false);
		expect(isBefore("1.100", "1.24")).toBe(false);
		expect(isBefore("1", "1.24")).toBe(true);
	});

	test("is taken off the path; without one it is the newest", () => {
		expect(takeVersion("/v1.41/containers/json")).toEqual({ version: "1.41", path: "/containers/json" });
		expect(takeVersion("/containers/json")).toEqual({ version: newestApiVersion, path: "/containers/json" });
		expect(takeVersion("/version")).toEqual({ version: newestApiVersion, path: "/version" });
		expect(takeVersion("/volumes/v1.24/x")).toEqual({ version: newestApiVersion, path: "/volumes/v1.24/x" });
	});

	test("has limits on both sides", () => {
		expect(() => takeVersion("/v1.23/info")).toThrow("client version 1.23 is too old");
		expect(() => takeVersion("/v1/info")).toThrow("client version 1 is too old");
		expect(() => takeVersion("/v1.56/info")).toThrow("client version 1.56 is too new");
		expect(() => takeVersion("/v2.0/info")).toThrow("client version 2.0 is too new");
	});
});
