import type { ExecCreateRequest } from "../../api/index.ts";
import type { SocketPolicy } from "../contract.ts";
import { checkFields, type FieldChecks, free, never } from "./fields.ts";

const execChecks: FieldChecks<ExecCreateRequest> = {
	AttachStdin: free,
	AttachStdout: free,
	AttachStderr: free,
	ConsoleSize: free,
	DetachKeys: free,
	Tty: free,
	Env: free,
	Cmd: free,
	User: free,
	WorkingDir: free,
	Privileged: never("privileged", "privileged processes are not allowed"),
};

/** `forbidden` with the rule and the field. */
export function checkExec(policy: SocketPolicy, request: ExecCreateRequest): void {
	checkFields(policy, request, execChecks);
}
