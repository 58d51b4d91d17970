import { imageDiff } from "../../../client/index.ts";
import { defineCommand } from "../../flags/command.ts";
import { printList } from "../../format/print-list.ts";
import type { View } from "../../format/view.ts";

/** A file, or a field of the configuration. */
interface Difference {
	readonly type: "A" | "C" | "D";
	readonly what: "file" | "config";
	readonly name: string;
	readonly from: string;
	readonly to: string;
}

export const command = defineCommand({
	usage: "[OPTIONS] IMAGE OTHER",
	description:
		"Shows what the other image has otherwise, in its files and its configuration: A added, C changed, D deleted.",
	examples: [["hull image diff app:1 app:2", "What an update changes"]],
	flags: [
		{
			kind: "text",
			name: "format",
			completes: "none",
			help: "table, json or a Go template (.Type, .What, .Name, .From, .To)",
		},
	],
	arguments: { min: 2, max: 2 },
	completes: ["image", "image"],
	async run(context, { flags, arguments: [from, to] }) {
		const { Files, Config } = await imageDiff(await context.engine(), from!, to!);
		const differences: Difference[] = [
			...Config.map((field) => configDifference(field)),
			...Files.map(
				({ Path = "", Kind }): Difference => ({
					type: (["C", "A", "D"] as const)[Number(Kind)] ?? "C",
					...{ what: "file", name: Path, from: "", to: "" },
				}),
			),
		];
		const format = flags.format ?? "";
		if (format !== "") return printList(context, differences, { view, columns, format });
		for (const one of differences) context.out(`${line(one)}\n`);
	},
});

const columns = ["Type", "What", "Name", "From", "To"];

const view: View<Difference> = {
	Type: { header: "TYPE", get: ({ type }) => type },
	What: { header: "WHAT", get: ({ what }) => what },
	Name: { header: "NAME", get: ({ name }) => name },
	From: { header: "FROM", get: ({ from }) => from },
	To: { header: "TO", get: ({ to }) => to },
};

function configDifference({ Field, From, To }: { Field: string; From?: unknown; To?: unknown }): Difference {
	return {
		type: From === undefined ? "A" : To === undefined ? "D" : "C",
		what: "config",
		name: Field,
		from: From === undefined ? "" : JSON.stringify(From),
		to: To === undefined ? "" : JSON.stringify(To),
	};
}

function line({ type, what, name, from, to }: Difference): string {
	if (what === "file") return `${type} ${name}`;
	return `${type} ${name}: ${[from, to].filter((value) => value !== "").join(" → ")}`;
}
