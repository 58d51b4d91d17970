import { containerArchive, type Engine, putContainerArchive } from "../../../client/index.ts";
import type { CommandContext } from "../../context.ts";
import { CommandFailure } from "../../failure.ts";
import { defineCommand } from "../../flags/command.ts";
import { decimalSize } from "../../format/units.ts";
import { readInput } from "../../streams/input.ts";
import { saveStream } from "../../streams/save-stream.ts";
import { isTerminal } from "../../streams/session.ts";
import { copyIn } from "./copy/copy-in.ts";
import { copyOut } from "./copy/copy-out.ts";
import type { CopyOptions } from "./copy/options.ts";
import { type ContainerPath, parsePlace } from "./copy/place.ts";

export const command = defineCommand({
	usage: "[OPTIONS] CONTAINER:SRC_PATH DEST_PATH|-\n\thull cp [OPTIONS] SRC_PATH|- CONTAINER:DEST_PATH",
	description:
		"Copies a file or a whole folder. A folder is copied into a folder that is there, or becomes the one that is not; with /. at its end only its content is copied. - is a tar archive on stdin or stdout.",
	flags: [
		{ kind: "switch", name: "archive", short: "a", help: "Keep users and groups" },
		{ kind: "switch", name: "follow-link", short: "L", help: "Copy what a symlink names, not the link" },
		{ kind: "switch", name: "quiet", short: "q", help: "Do not say what was copied" },
	],
	arguments: { min: 2, max: 2 },
	completes: ["file"],
	async run(context, { flags, arguments: [source, target] }) {
		const [from, to] = [parsePlace(source!), parsePlace(target!)];
		if (from.kind === "container" && to.kind === "container")
			throw new CommandFailure("copying between containers is not supported");
		if (from.kind === "local" && to.kind === "local")
			throw new CommandFailure("must specify at least one container source");
		const options = { archive: flags.archive, followLink: flags["follow-link"] };
		const engine = await context.engine();
		const count = { bytes: 0 };
		if (from.kind === "container") {
			const path = to.kind === "local" ? to.path : "";
			if (path === "-") return streamOut(engine, from);
			await copyOut(engine, from, { ...options, target: path, count });
		} else if (to.kind === "container") {
			if (from.path === "-") await streamIn(engine, to, options);
			else await copyIn(engine, from.path, { ...options, target: to, count });
		}
		await report(context, { quiet: flags.quiet || from.path === "-", bytes: count.bytes, target: target! });
	},
});

async function streamOut(engine: Engine, { container, path }: ContainerPath): Promise<void> {
	if (await isTerminal(1)) throw new CommandFailure("refusing to write a tar archive to a terminal");
	const { tar } = await containerArchive(engine, container, path);
	await saveStream(tar, { path: undefined, what: path });
}

async function streamIn(
	engine: Engine,
	{ container, path }: ContainerPath,
	options: CopyOptions,
): Promise<void> {
	if (await isTerminal(0)) throw new CommandFailure("refusing to read a tar archive from a terminal");
	await putContainerArchive(engine, container, {
		path,
		tar: readInput(),
		noOverwriteDirNonDir: true,
		copyUidGid: options.archive,
	});
}

async function report(
	context: CommandContext,
	{ quiet, bytes, target }: { quiet: boolean; bytes: number; target: string },
): Promise<void> {
	if (quiet || !(await isTerminal(2))) return;
	context.error(`Successfully copied ${decimalSize(bytes)} to ${target}\n`);
}
