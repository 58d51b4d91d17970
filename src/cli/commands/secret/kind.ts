import { readFileSync } from "node:fs";
import type { HullSecret } from "../../../api/index.ts";
import { parseLabel } from "../../../api/syntax.ts";
import {
	type SecretKind,
	secretCreate,
	secretDelete,
	secretInspectText,
	secretList,
	secretUpdate,
} from "../../../client/index.ts";
import { CommandFailure } from "../../failure.ts";
import { type Command, defineCommand } from "../../flags/command.ts";
import { filterFlag, listFormatFlag } from "../../flags/shared.ts";
import { collectFilters } from "../../flags/values.ts";
import { printList } from "../../format/print-list.ts";
import { timeAgo } from "../../format/times.ts";
import type { View } from "../../format/view.ts";
import { formatLabels } from "../container/view.ts";
import { forEach } from "../each.ts";
import { inspectCommand } from "../inspect-command.ts";

/** The commands of secrets and of configs, which differ in their words alone. */
export interface KindCommands {
	readonly create: Command;
	readonly inspect: Command;
	readonly list: Command;
	readonly remove: Command;
	readonly update: Command;
}

export function kindCommands(kind: SecretKind): KindCommands {
	return {
		create: createCommand(kind),
		inspect: inspectCommand({
			usage: `[OPTIONS] ${kind.toUpperCase()} [${kind.toUpperCase()}...]`,
			completes: kind,
			inspect: (engine, name) => secretInspectText(engine, kind, name),
		}),
		list: listCommand(kind),
		remove: defineCommand({
			usage: `${kind.toUpperCase()} [${kind.toUpperCase()}...]`,
			description: `A ${kind} that a container uses, running or not, cannot be removed.`,
			flags: [],
			arguments: { min: 1 },
			completes: [kind],
			async run(context, { arguments: names }) {
				const engine = await context.engine();
				return forEach(context, names, async (name) => {
					await secretDelete(engine, kind, name);
					return name;
				});
			},
		}),
		update: updateCommand(kind),
	};
}

const labelFlag = {
	kind: "list",
	name: "label",
	short: "l",
	parse: parseLabel,
	completes: "none",
	help: "Label (key=value)",
} as const;

function createCommand(kind: SecretKind): Command {
	return defineCommand({
		usage: "[OPTIONS] NAME FILE|-",
		description: `The value is what is in the file, or comes on stdin, to the last byte. Prints the ${kind}'s id.`,
		examples:
			kind === "secret"
				? [
						["secret create db-password password.txt", "Of a file"],
						["secret create token - < token.txt", "Of stdin"],
					]
				: [["config create nginx.conf nginx.conf", "Of a file"]],
		flags: [labelFlag],
		arguments: { min: 2, max: 2 },
		completes: ["none", "file"],
		async run(context, { flags, arguments: [name, file] }) {
			const Data = readValue(file!);
			const Labels = Object.fromEntries(flags.label.map(({ key, value }) => [key, value]));
			context.out(`${await secretCreate(await context.engine(), kind, { Name: name!, Labels, Data })}\n`);
		},
	});
}

function updateCommand(kind: SecretKind): Command {
	return defineCommand({
		usage: `[OPTIONS] ${kind.toUpperCase()} [FILE|-]`,
		description:
			"Containers that run keep what they have; they get the new value when they are started again.",
		flags: [labelFlag],
		arguments: { min: 1, max: 2 },
		completes: [kind, "file"],
		async run(context, { flags, given, arguments: [reference, file] }) {
			if (file === undefined && !given.has("label"))
				throw new CommandFailure("nothing to update: give a file, or labels");
			const labels = Object.fromEntries(flags.label.map(({ key, value }) => [key, value]));
			const change = {
				...(file === undefined ? {} : { Data: readValue(file) }),
				...(given.has("label") ? { Labels: labels } : {}),
			};
			await secretUpdate(await context.engine(), kind, { reference: reference!, change });
			context.out(`${reference}\n`);
		},
	});
}

function listCommand(kind: SecretKind): Command {
	return defineCommand({
		usage: "[OPTIONS]",
		description: "Filters: id, label, name.",
		flags: [filterFlag, listFormatFlag, { kind: "switch", name: "quiet", short: "q", help: "Show ids only" }],
		arguments: { min: 0, max: 0 },
		async run(context, { flags }) {
			const secrets = await secretList(await context.engine(), kind, collectFilters(flags.filter));
			await printList(context, secrets, {
				view,
				columns: ["ID", "Name", "UsedBy", "CreatedAt", "UpdatedAt"],
				format: flags.format,
				only: flags.quiet ? "ID" : undefined,
			});
		},
	});
}

const view: View<HullSecret> = {
	ID: { header: "ID", get: ({ ID }) => ID },
	Name: { header: "NAME", get: ({ Spec }) => Spec.Name },
	Labels: { header: "LABELS", get: ({ Spec }) => formatLabels(Spec.Labels) },
	UsedBy: { header: "USED BY", get: ({ UsedBy }) => UsedBy.join(",") },
	CreatedAt: { header: "CREATED", get: ({ CreatedAt }) => timeAgo(Date.parse(CreatedAt) / 1000) },
	UpdatedAt: { header: "UPDATED", get: ({ UpdatedAt }) => timeAgo(Date.parse(UpdatedAt) / 1000) },
};

const stdin = 0;

function readValue(file: string): string {
	try {
		return readFileSync(file === "-" ? stdin : file).toString("base64");
	} catch (error) {
		throw new CommandFailure(`open ${file}: ${(error as Error).message}`, { cause: error });
	}
}
