import { writeFileSync } from "node:fs";
import { CommandFailure } from "../failure.ts";
import { defineCommand } from "../flags/command.ts";
import { interruptible } from "./compare/interruptible.ts";
import { readProbe } from "./compare/read-probe.ts";

export const command = defineCommand({
	usage: "[OPTIONS] IMAGE [COMMAND] [ARG...]",
	description:
		"Runs the image with process isolation and in a virtual machine, with --machine also as a whole machine with its own init, and measures them: what a container sees and may touch of the host, starts, memory, disk, speed of processor, disk and network, and how many fit. Works with a copy of the image that has one more layer, with a small program that measures; the copy and all containers are removed at the end.",
	examples: [
		["hull compare debian", "Compare the hulls for an image"],
		["hull compare --for untrusted debian", "Say which hull to use for code that you do not trust"],
		["hull compare --machine debian-systemd", "Measure it as a whole machine with systemd too"],
		["hull compare --format html --output report.html nginx", "Write a page with plots"],
	],
	flags: [
		{
			kind: "text",
			name: "count",
			default: "4",
			parse: atLeastOne,
			help: "Containers to run at once for memory",
		},
		{
			kind: "text",
			name: "for",
			word: "need",
			completes: "none",
			help: "Say which hull to choose for this need; 'list' shows the needs",
		},
		{
			kind: "text",
			name: "format",
			choices: ["table", "json", "html"],
			default: "table",
			help: "How to show what was measured",
		},
		{ kind: "switch", name: "keep", help: "Leave what was made for measuring when it failed or ended" },
		{
			kind: "list",
			name: "isolation",
			word: "hull",
			completes: "none",
			help: "Measure only this one: process or vm; may be given twice",
		},
		{
			kind: "switch",
			name: "machine",
			help: "Also measure a whole machine, which runs the image's init (systemd)",
		},
		{ kind: "text", name: "output", short: "o", word: "file", completes: "file", help: "Write to a file" },
		{ kind: "switch", name: "privileged", help: "Also try what is left of the walls with --privileged" },
		{ kind: "text", name: "runs", default: "5", parse: atLeastOne, help: "Starts to take the median of" },
	],
	arguments: { min: 0 },
	completes: ["image"],
	interspersed: false,
	async run(context, { flags, arguments: words }) {
		const { compare, needs } = await import("../../compare/index.ts");
		if (flags.for === "list") {
			for (const { name, title } of needs) context.out(`${name.padEnd(17)}${title}\n`);
			return;
		}
		if (flags.for !== undefined && !needs.some(({ name }) => name === flags.for))
			throw new CommandFailure(
				`unknown need: ${flags.for}: there are ${needs.map(({ name }) => name).join(", ")}`,
			);
		const [image, ...commandWords] = words;
		if (image === undefined) throw new CommandFailure("an image is required", { pointsToHelp: true });
		const odd = flags.isolation.find((name) => name !== "process" && name !== "vm");
		if (odd !== undefined) throw new CommandFailure(`unknown isolation: ${odd}: there are process and vm`);
		const hulls = (["process", "vm", "machine"] as const).filter((name) =>
			name === "machine" ? flags.machine : flags.isolation.length === 0 || flags.isolation.includes(name),
		);
		const probe = readProbe();
		const engine = await context.engine();
		await using interruption = await interruptible(context);
		const report = await compare(engine, {
			image,
			command: commandWords,
			hulls,
			runs: flags.runs ?? 5,
			count: flags.count ?? 4,
			privileged: flags.privileged,
			need: flags.for,
			keep: flags.keep,
			probe,
			progress: interruption.progress,
			signal: interruption.signal,
		}).catch((error: unknown) => {
			if (!interruption.signal.aborted) throw error;
			throw new CommandFailure("the comparison was interrupted", { exitCode: 130 });
		});
		interruption.clear();
		const { formatReport } = await import("./compare/format.ts");
		const text = await formatReport(report, {
			format: flags.format ?? "table",
			toFile: flags.output !== undefined,
		});
		if (flags.output === undefined) context.out(text);
		else writeFileSync(flags.output, text);
	},
});

function atLeastOne(text: string): number {
	const value = Number(text);
	if (!/^\d+$/.test(text) || value < 1 || value > 1000) throw new Error("must be a number from 1 to 1000");
	return value;
}
