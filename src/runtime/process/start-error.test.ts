import { describe, expect, test } from "bun:test";
import { EngineError } from "../../lib/index.ts";
import { startError } from "./start-error.ts";

/** What crun 1.8.1 and runc 1.1.5 write to their logs. */
const cases: [log: string, program: string, code: string, message: string][] = [
	[
		'{"msg":"executable file `nope` not found in $PATH: No such file or directory","level":"error","time":"t"}',
		"nope",
		"command_not_found",
		'exec: "nope": executable file not found in $PATH',
	],
	[
		'{"msg":"executable file `/bin/none` not found in $PATH: No such file or directory","level":"error","time":"t"}',
		"/bin/none",
		"command_not_found",
		'exec: "/bin/none": stat /bin/none: no such file or directory',
	],
	[
		'{"msg":"open executable: Permission denied","level":"error","time":"t"}',
		"/etc/plain",
		"command_not_executable",
		'exec: "/etc/plain": permission denied',
	],
	[
		'{"msg":"open executable: Operation not permitted","level":"error","time":"t"}',
		"/etc",
		"command_not_executable",
		'exec: "/etc": permission denied',
	],
	[
		'{"level":"error","msg":"runc run failed: unable to start container process: exec: \\"nope\\": executable file not found in $PATH","time":"t"}',
		"nope",
		"command_not_found",
		'exec: "nope": executable file not found in $PATH',
	],
	[
		'{"level":"error","msg":"exec failed: unable to start container process: exec: \\"/x\\": stat /x: no such file or directory","time":"t"}',
		"/x",
		"command_not_found",
		'exec: "/x": stat /x: no such file or directory',
	],
	[
		'{"level":"warning","msg":"odd"}\n{"level":"error","msg":"runc run failed: unable to start container process: exec: \\"/etc/plain\\": permission denied","time":"t"}',
		"/etc/plain",
		"command_not_executable",
		'exec: "/etc/plain": permission denied',
	],
	[
		'{"msg":"error stat\'ing file `/does/not`: No such file or directory","level":"error","time":"t"}',
		"true",
		"runtime_failed",
		"error stat'ing file `/does/not`: No such file or directory",
	],
	[
		"cannot run /no/crun: No such file or directory",
		"true",
		"runtime_failed",
		"cannot run /no/crun: No such file or directory",
	],
];

describe("start errors", () => {
	for (const [log, program, code, message] of cases)
		test(`${code}: ${message}`, () => {
			const error = startError(new EngineError("runtime_failed", log), "create", program);
			expect(error).toMatchObject({ code, message });
		});

	test("other errors are passed on as they are", () => {
		const error = new EngineError("conflict", "the container is not running");
		expect(startError(error, "exec", "sh")).toBe(error);
	});
});
