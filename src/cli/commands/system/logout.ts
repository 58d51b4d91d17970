import { forgetCredentials } from "../../engine/credentials.ts";
import { defineCommand } from "../../flags/command.ts";

export const command = defineCommand({
	usage: "[SERVER]",
	flags: [],
	arguments: { min: 0, max: 1 },
	async run(context, { arguments: [server = "docker.io"] }) {
		const known = await forgetCredentials(context.configFolder, server);
		context.out(known ? `Removing login credentials for ${server}\n` : `Not logged in to ${server}\n`);
	},
});
