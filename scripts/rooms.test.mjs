import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { checkRooms } from "./rooms.mjs";

const fixtures = fileURLToPath(new URL("fixtures/rooms/", import.meta.url));

for (const rule of readdirSync(fixtures)) {
	test(`the checker finds a breach of "${rule}" and of nothing else`, () => {
		const rules = checkRooms(`${fixtures}${rule}`).map((line) => line.split(":")[0]);
		assert.deepEqual([...new Set(rules)], [rule]);
	});
}

test("every rule has a fixture", () => {
	const expected = [
		"arrow",
		"bun",
		"cycle",
		"exit",
		"front-door",
		"index",
		"name",
		"remove",
		"room",
		"size",
		"spawn",
	];
	assert.deepEqual(readdirSync(fixtures).sort(), expected);
});
