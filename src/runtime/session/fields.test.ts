import { expect, test } from "bun:test";
import { decodeFields, encodeFields, fieldOf, numberOf, textOf } from "./fields.ts";
import { parseTaskState } from "./task-state.ts";

test("fields are keys and values, each ended by a NUL; what is absent is left out", () => {
	const bytes = encodeFields([
		["exec", "e"],
		["columns", 80],
		["stdin", true],
		["stdout", false],
		["rows", undefined],
		["empty", ""],
	]);
	expect(bytes.toString()).toBe("exec\0e\0columns\x0080\0stdin\x001\0empty\0\0");
	expect(decodeFields(bytes)).toEqual([
		["exec", "e"],
		["columns", "80"],
		["stdin", "1"],
		["empty", ""],
	]);
});

test("a NUL in a value is refused: it would end the value early", () => {
	expect(() => encodeFields([["log-path", "a\0b"]])).toThrow("log-path has a NUL byte");
});

test("what does not parse is corrupt", () => {
	for (const text of ["key", "key\0", "key\0value", "a\0b\0c\0"])
		expect(() => decodeFields(Buffer.from(text))).toThrow("does not parse");
	expect(decodeFields(Buffer.alloc(0))).toEqual([]);
	const fields = decodeFields(Buffer.from("pid\0-1\0"));
	expect(() => numberOf(fields, "pid")).toThrow('pid="-1"');
	expect(() => textOf(fields, "started-at")).toThrow("no started-at");
	expect(fieldOf(fields, "other")).toBeUndefined();
});

test("a status lists execs, each begun by its id", () => {
	const fields = decodeFields(
		Buffer.from(
			"status\0running\0log-dropped\x003\0pid\x0042\0started-at\0now\0" +
				"exec\0a\0exec-pid\x0043\0exec\0b\0exec-pid\x0044\0exec-exit-code\x000\0",
		),
	);
	expect(parseTaskState(fields)).toEqual({
		status: "running",
		pid: 42,
		startedAt: "now",
		logDropped: 3,
		execs: [
			{ id: "a", status: "running", pid: 43 },
			{ id: "b", status: "exited", pid: 44, exitCode: 0 },
		],
	});
	expect(() => parseTaskState([["status", "odd"]])).toThrow('status "odd"');
});
