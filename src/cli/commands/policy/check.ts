import { readPolicies } from "../../../policy/index.ts";
import { defineCommand } from "../../flags/command.ts";
import { listFormatFlag } from "../../flags/shared.ts";
import { printList } from "../../format/print-list.ts";
import { socketView } from "../system/socket-view.ts";

export const command = defineCommand({
	usage: "[OPTIONS] FILE",
	description: "Reads the file as the engine does at its start, and lists the sockets that it describes.",
	examples: [["hull policy check sockets.json", "Whether the engine would start with it"]],
	flags: [listFormatFlag],
	arguments: { min: 1, max: 1 },
	async run(context, { flags, arguments: [file] }) {
		const sockets = readPolicies(file!).map(({ name, path, mode, role, scope, operations }) => ({
			Name: name,
			Path: path,
			Mode: mode.toString(8).padStart(4, "0"),
			Role: role,
			Scope: scope,
			Operations: [...operations].sort(),
			Denied: 0,
		}));
		await printList(context, sockets, {
			view: socketView,
			columns: ["Name", "Path", "Mode", "Role", "Scope", "Operations"],
			format: flags.format,
		});
	},
});
