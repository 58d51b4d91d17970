import { buildInspect } from "../../../client/index.ts";
import { inspectCommand } from "../inspect-command.ts";

export const command = inspectCommand({
	usage: "[OPTIONS] BUILD [BUILD...]",
	completes: "none",
	inspect: async (engine, id) => JSON.stringify(await buildInspect(engine, id)),
});
