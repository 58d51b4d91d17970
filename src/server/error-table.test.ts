import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { EngineError, errorCodes } from "../lib/index.ts";
import { answerToError, statusOf } from "./error-table.ts";

describe("error table", () => {
	test("docs/errors.md lists every code with its status, and no other", () => {
		const page = readFileSync(new URL("../../docs/errors.md", import.meta.url), "utf8");
		const rows = [...page.matchAll(/^\| `(\w+)` \| (\d+) \| (.+) \| (.+) \|$/gm)];
		expect(rows.map(([, code]) => code!)).toEqual([...errorCodes]);
		for (const [, code, status] of rows) expect(statusOf[code as keyof typeof statusOf]).toBe(Number(status));
	});

	test("a user's error keeps its text, a bug is one, a full disk is not", () => {
		expect(answerToError(new EngineError("conflict", "name in use"))).toEqual({
			status: 409,
			message: "name in use",
			bug: false,
		});
		expect(answerToError(new TypeError("x is undefined"))).toEqual({
			status: 500,
			message: "x is undefined",
			bug: true,
		});
		const full = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
		expect(answerToError(full).status).toBe(507);
		expect(answerToError(full).bug).toBe(false);
	});

	test("of an error whose clean-up failed as well, the first is told", async () => {
		const fails = async () => {
			await using undo = new AsyncDisposableStack();
			for (const text of ["the second clean-up", "the first clean-up"])
				undo.defer(() => Promise.reject(new Error(text)));
			throw new EngineError("conflict", "the reason");
		};
		const error = await fails().catch((thrown: unknown) => thrown);
		expect(answerToError(error)).toEqual({ status: 409, message: "the reason", bug: false });
	});
});
