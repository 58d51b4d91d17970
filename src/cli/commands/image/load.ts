import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { imageLoad } from "../../../client/index.ts";
import { CommandFailure } from "../../failure.ts";
import { defineCommand } from "../../flags/command.ts";
import { showProgress } from "../../format/progress.ts";
import { readInput } from "../../streams/input.ts";
import { inputIsTerminal, isTerminal } from "../../streams/session.ts";

export const command = defineCommand({
	usage: "[OPTIONS]",
	description:
		"Reads an archive that 'save' or any OCI tool wrote, compressed or not, and names what is in it.",
	examples: [["load -i images.tar.gz", "from a file"]],
	flags: [
		{ kind: "text", name: "input", short: "i", completes: "file", help: "Read this file instead of stdin" },
		{
			kind: "text",
			name: "platform",
			completes: "platform",
			help: "Load this platform only (os/arch[/variant])",
		},
		{ kind: "switch", name: "quiet", short: "q", help: "Do not show progress" },
	],
	arguments: { min: 0, max: 0 },
	async run(context, { flags }) {
		const archive = flags.input === undefined ? await inputArchive() : await fileArchive(flags.input);
		const quiet = flags.quiet || !(await isTerminal(1));
		const lines = imageLoad(await context.engine(), archive, { quiet, platform: flags.platform });
		await showProgress(lines, { fd: 1 });
	},
});

async function inputArchive(): Promise<AsyncIterable<Uint8Array>> {
	if (await inputIsTerminal()) throw new CommandFailure("requested load from stdin, but stdin is empty");
	return readInput();
}

async function fileArchive(path: string): Promise<AsyncIterable<Uint8Array>> {
	try {
		const file = await open(path);
		return createReadStream(path, { fd: file, highWaterMark: 1024 * 1024 });
	} catch (cause) {
		throw new CommandFailure(`open ${path}: ${openError(cause)}`, { cause });
	}
}

function openError(cause: unknown): string {
	const code = (cause as NodeJS.ErrnoException).code;
	if (code === "ENOENT") return "no such file or directory";
	if (code === "EACCES") return "permission denied";
	return code ?? String(cause);
}
