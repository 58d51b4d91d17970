import { expect, test } from "bun:test";
import { isCut } from "./end-unreachable.ts";

test("a link is cut when the guest's end of it is closed, and in no other case", () => {
	const devices = (open: unknown) => [
		{ label: "qmp", "frontend-open": false, filename: "" },
		{ label: "link", "frontend-open": open, filename: "" },
	];
	expect(isCut(devices(false))).toBe(true);
	for (const answer of [devices(true), devices(undefined), devices("false"), [null, 1], {}, undefined])
		expect(isCut(answer)).toBe(false);
});
