import type { ServedRegistry } from "../../../api/index.ts";
import { registryList } from "../../../client/index.ts";
import { defineCommand } from "../../flags/command.ts";
import { listFormatFlag } from "../../flags/shared.ts";
import { printList } from "../../format/print-list.ts";
import type { View } from "../../format/view.ts";

export const command = defineCommand({
	usage: "[OPTIONS]",
	flags: [listFormatFlag, { kind: "switch", name: "quiet", short: "q", help: "Show addresses only" }],
	arguments: { min: 0, max: 0 },
	async run(context, { flags }) {
		await printList(context, await registryList(await context.engine()), {
			view,
			columns: ["Address", "Url", "Mode", "Auth", "Since"],
			format: flags.format,
			only: flags.quiet ? "Address" : undefined,
		});
	},
});

const view: View<ServedRegistry> = {
	Address: { header: "ADDRESS", get: ({ Address }) => Address },
	Url: { header: "URL", get: ({ Url }) => Url },
	Mode: { header: "MODE", get: ({ ReadWrite }) => (ReadWrite ? "read-write" : "read-only") },
	Auth: { header: "USERS", get: ({ Auth }) => (Auth ? "htpasswd" : "anyone") },
	Since: { header: "SINCE", get: ({ Since }) => Since },
};
