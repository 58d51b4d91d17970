import type { EventMessage } from "../../../api/index.ts";
import { parseTime } from "../../../api/syntax.ts";
import { type ReceivedEvent, systemEvents } from "../../../client/index.ts";
import { defineCommand } from "../../flags/command.ts";
import { filterFlag } from "../../flags/shared.ts";
import { collectFilters } from "../../flags/values.ts";
import { unixTime } from "../../format/unix-time.ts";

export const command = defineCommand({
	usage: "[OPTIONS]",
	description: "Filters: container, daemon, event, image, label, network, scope, type, volume.",
	examples: [["events --since 10m --filter type=container", "the last ten minutes and what comes"]],
	flags: [
		filterFlag,
		{ kind: "text", name: "format", completes: "none", help: "json, or a Go template" },
		{
			kind: "text",
			name: "since",
			completes: "none",
			parse: time,
			help: "Start with those that are not older (RFC 3339, unix seconds, or 10m)",
		},
		{ kind: "text", name: "until", completes: "none", parse: time, help: "End at this time" },
	],
	arguments: { min: 0, max: 0 },
	async run(context, { flags }) {
		const format = await formatter(flags.format);
		const engine = await context.engine();
		const query = { since: flags.since, until: flags.until, filters: collectFilters(flags.filter) };
		for await (const received of systemEvents(engine, query)) context.out(`${format(received)}\n`);
	},
});

function time(text: string): string {
	return unixTime(parseTime(text, BigInt(Date.now()) * 1_000_000n));
}

type Formatter = (received: ReceivedEvent) => string;

async function formatter(format: string | undefined): Promise<Formatter> {
	if (format === undefined || format === "") return plainLine;
	if (format === "json") return ({ line }) => line;
	const { templateFor } = await import("../../format/template/fill.ts");
	const template = templateFor(format);
	return (received) => template(templateData(received));
}

/** `2026-11-24T05:43:00.000000000Z container start 4f5e… (image=busybox, name=web)` */
function plainLine({ event, timeNano }: ReceivedEvent): string {
	const attributes = Object.entries(event.Actor?.Attributes ?? {})
		.map(([key, value]) => `${key}=${value}`)
		.sort();
	const details = attributes.length === 0 ? "" : ` (${attributes.join(", ")})`;
	return `${localNanoTime(timeNano)} ${event.Type} ${event.Action} ${event.Actor?.ID}${details}`;
}

/** Local time in RFC 3339 with all nine decimals. */
function localNanoTime(timeNano: bigint): string {
	const date = new Date(Number(timeNano / 1_000_000n));
	const offset = -date.getTimezoneOffset();
	const shifted = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, 19);
	const nanos = (timeNano % 1_000_000_000n).toString().padStart(9, "0");
	return `${shifted}.${nanos}${offset === 0 ? "Z" : zone(offset)}`;
}

function zone(offset: number): string {
	const two = (value: number) => String(value).padStart(2, "0");
	const minutes = Math.abs(offset);
	return `${offset < 0 ? "-" : "+"}${two(Math.trunc(minutes / 60))}:${two(minutes % 60)}`;
}

/** As docker's templates see an event: the JSON members, and the names of Go's fields, which JSON does not show. */
function templateData({ event, timeNano }: ReceivedEvent): Record<string, unknown> {
	const members = event as EventMessage & { status?: string; id?: string; from?: string };
	const data: Record<string, unknown> = { ...members, timeNano };
	const fields = {
		Scope: members.scope,
		Time: members.time,
		TimeNano: timeNano,
		Status: members.status ?? members.Action,
		ID: members.id ?? members.Actor?.ID,
		From: members.from ?? members.Actor?.Attributes?.["image"] ?? "",
	};
	for (const [name, value] of Object.entries(fields))
		Object.defineProperty(data, name, { value, enumerable: false });
	return data;
}
