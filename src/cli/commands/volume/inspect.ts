import { volumeInspectText } from "../../../client/index.ts";
import { inspectCommand } from "../inspect-command.ts";

export const command = inspectCommand({
	usage: "[OPTIONS] VOLUME [VOLUME...]",
	completes: "volume",
	inspect: volumeInspectText,
});
