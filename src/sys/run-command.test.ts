import { expect, test } from "bun:test";
import { runCommand } from "./run-command.ts";

test("gives output, errors and exit code of a program that read its input", async () => {
	const result = await runCommand(["sh", "-c", "cat; echo oops >&2; exit 3"], { input: "hello" });
	expect(result).toEqual({ exitCode: 3, stdout: "hello", stderr: "oops\n" });
});

test("a missing program is no error", async () => {
	expect(await runCommand(["/no/such/program"])).toBeUndefined();
	expect(await runCommand(["no-such-program"])).toBeUndefined();
});

test("without input the program reads an end of file", async () => {
	expect(await runCommand(["cat"])).toMatchObject({ exitCode: 0, stdout: "" });
});

test("an abort ends the program", async () => {
	const result = await runCommand(["sleep", "60"], { signal: AbortSignal.timeout(50) });
	expect(result?.exitCode).not.toBe(0);
});
