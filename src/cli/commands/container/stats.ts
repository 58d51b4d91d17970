import type { ContainerStatsResponse } from "../../../api/index.ts";
import { containerList, containerStats, type Engine, systemEvents } from "../../../client/index.ts";
import type { CommandContext } from "../../context.ts";
import { errorText } from "../../failure.ts";
import { defineCommand } from "../../flags/command.ts";
import { listFormatFlag } from "../../flags/shared.ts";
import { formatList } from "../../format/print-list.ts";
import { isTerminal } from "../../streams/session.ts";
import { type StatsRow, statsRow, statsView } from "./stats/row.ts";

export const command = defineCommand({
	usage: "[OPTIONS] [CONTAINER...]",
	description: "Without names, all running containers, also those that start meanwhile.",
	flags: [
		{ kind: "switch", name: "all", short: "a", help: "Show containers in every state" },
		listFormatFlag,
		{ kind: "switch", name: "no-stream", help: "Show the present state only" },
		{ kind: "switch", name: "no-trunc", help: "Show ids in full" },
	],
	arguments: { min: 0 },
	completes: ["running-container"],
	async run(context, { flags, arguments: names }) {
		const engine = await context.engine();
		const print = printer(context, { format: flags.format, noTrunc: flags["no-trunc"] });
		const watched = names.length > 0 ? [...names] : await containerIds(engine, flags.all);
		if (flags["no-stream"]) return printOnce(context, engine, { watched, print });
		await printLive(context, engine, { watched, print, follow: names.length === 0 });
	},
});

type Print = (rows: readonly StatsRow[]) => Promise<string>;

function printer(_context: CommandContext, options: { format: string | undefined; noTrunc: boolean }): Print {
	return (rows) =>
		formatList(rows, {
			view: statsView(options),
			columns: ["ID", "Name", "CPUPerc", "MemUsage", "MemPerc", "NetIO", "BlockIO", "PIDs"],
			format: options.format,
			noTrunc: options.noTrunc,
		});
}

async function containerIds(engine: Engine, all: boolean): Promise<string[]> {
	return (await containerList(engine, { all })).map(({ Id }) => Id!);
}

async function printOnce(
	context: CommandContext,
	engine: Engine,
	{ watched, print }: { watched: readonly string[]; print: Print },
): Promise<number> {
	let failed = false;
	const rows = await Promise.all(
		watched.map(async (name) => {
			try {
				for await (const sample of containerStats(engine, name, { stream: false }))
					return statsRow(name, sample);
			} catch (error) {
				failed = true;
				context.error(`${errorText(error)}\n`);
			}
			return undefined;
		}),
	);
	context.out(await print(rows.filter((row) => row !== undefined)));
	return failed ? 1 : 0;
}

const refreshMs = 500;

/** Draws the table again and again until every named container is gone; without names, for ever. */
async function printLive(
	context: CommandContext,
	engine: Engine,
	{ watched, print, follow }: { watched: readonly string[]; print: Print; follow: boolean },
): Promise<void> {
	const rows = new Map<string, StatsRow>();
	const running = new Set<string>();
	let failure: unknown;
	const watch = async (name: string) => {
		if (running.has(name)) return;
		running.add(name);
		rows.set(name, statsRow(name, undefined));
		try {
			for await (const sample of samples(engine, name)) rows.set(name, statsRow(name, sample));
		} catch (error) {
			if (!follow) failure ??= error;
		}
		running.delete(name);
		rows.delete(name);
	};
	for (const name of watched) void watch(name);
	if (follow)
		void watchStarts(engine, watch).catch((error: unknown) => {
			failure ??= error;
		});
	const clear = (await isTerminal(1)) ? "\u001b[H\u001b[J" : "";
	while (failure === undefined && (follow || running.size > 0)) {
		await new Promise((resolve) => setTimeout(resolve, refreshMs));
		if (failure === undefined) context.out(clear + (await print([...rows.values()])));
	}
	if (failure !== undefined) throw failure;
}

function samples(engine: Engine, name: string): AsyncIterable<ContainerStatsResponse> {
	return containerStats(engine, name, { stream: true });
}

async function watchStarts(engine: Engine, watch: (id: string) => Promise<void>): Promise<void> {
	const filters = { type: ["container"], event: ["start"] };
	for await (const { event } of systemEvents(engine, { filters })) void watch(event.Actor?.ID ?? "");
}
