import type { ContainerWaitResponse } from "../../../api/index.ts";
import { CommandFailure } from "../../failure.ts";

/** The process's exit code; what went wrong with waiting ends the command with 125. */
export function exitCodeOf(answer: ContainerWaitResponse): number {
	const message = answer.Error?.Message;
	if (message !== undefined && message !== "") throw new CommandFailure(message, { exitCode: 125 });
	return answer.StatusCode ?? 0;
}
