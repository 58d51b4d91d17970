import { socketExplain } from "../../../client/index.ts";
import { EngineError } from "../../../lib/index.ts";
import { defineCommand } from "../../flags/command.ts";

export const command = defineCommand({
	usage: "[OPTIONS] SOCKET OPERATION [BODY]",
	description:
		"Asks the engine what the policy of a socket says to a call: an operation by its name in the API, and the JSON that it would be called with. What the body names (images, networks, volumes) is not looked up. The exit code is 1 when the call would be denied.",
	examples: [
		["hull policy explain ci ImagePrune", "Whether the socket may prune images"],
		['hull policy explain ci VolumeCreate \'{"Driver":"nfs"}\'', "Which rule denies it"],
	],
	flags: [{ kind: "text", name: "format", completes: "none", help: "json: the answer as it is" }],
	arguments: { min: 2, max: 3 },
	async run(context, { flags, arguments: [socket, operation, text] }) {
		if (flags.format !== undefined && flags.format !== "json")
			throw new EngineError("invalid_argument", `format ${JSON.stringify(flags.format)}: it is json`);
		const request = { Operation: operation!, ...(text === undefined ? {} : { Body: parsed(text) }) };
		const decision = await socketExplain(await context.engine(), socket!, request);
		context.out(`${flags.format === "json" ? JSON.stringify(decision) : decision.Message}\n`);
		return decision.Allowed ? 0 : 1;
	},
});

function parsed(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch (cause) {
		throw new EngineError("invalid_argument", `BODY: ${(cause as Error).message}`, { cause });
	}
}
