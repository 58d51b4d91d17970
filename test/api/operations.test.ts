import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { operations } from "../../src/api/index.ts";
import { allRoutes } from "../../src/server/routes/all.ts";
import { scriptedBackends } from "./scripted-backends.ts";

const listed = readFileSync(new URL("./operations.txt", import.meta.url), "utf8")
	.trim()
	.split("\n");

test("the operations are those of the Engine API 1.55, and /grpc and /build/cancel", () => {
	const written = operations
		.filter(({ path }) => !path.startsWith("/hull/"))
		.map(({ id, method, path, since }) => `${id} ${method} ${path} ${since}`);
	assert.equal(written.length, 110);
	assert.deepEqual(written.sort(), listed);
});

test("every operation has one route, and nothing else is served", () => {
	const routes = allRoutes(scriptedBackends({}));
	const served = routes.map(({ operation }) => operation.id);
	assert.equal(new Set(served).size, served.length);
	assert.deepEqual(served.sort(), operations.map(({ id }) => id).sort());
});

test("what is pending names itself", () => {
	for (const { id, pending } of operations)
		if (pending !== undefined) assert.ok(pending.includes(id), `${id}: ${pending}`);
});
