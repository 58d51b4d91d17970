import { type Engine, imageList, imagePush } from "../../../client/index.ts";
import type { CommandContext } from "../../context.ts";
import { storedCredentials } from "../../engine/credentials.ts";
import { CommandFailure } from "../../failure.ts";
import { defineCommand } from "../../flags/command.ts";
import { displayName, registryOf, splitReference, tagOf } from "../../format/image-name.ts";
import { drainProgress, showProgress } from "../../format/progress.ts";

export const command = defineCommand({
	usage: "[OPTIONS] NAME[:TAG]",
	flags: [
		{ kind: "switch", name: "all-tags", short: "a", help: "Send every tag of the repository" },
		{
			kind: "switch",
			name: "disable-content-trust",
			default: true,
			help: "Images are not signed; only true is possible",
		},
		{ kind: "text", name: "platform", completes: "platform", help: "Send this platform's manifest alone" },
		{ kind: "switch", name: "quiet", short: "q", help: "Do not show progress" },
	],
	arguments: { min: 1, max: 1 },
	completes: ["image"],
	async run(context, { flags, arguments: [name] }) {
		if (!flags["disable-content-trust"])
			throw new CommandFailure("--disable-content-trust=false: images cannot be signed");
		const reference = name!;
		if (reference.includes("@")) throw new CommandFailure("cannot push a digest reference");
		if (flags["all-tags"] && tagOf(reference) !== undefined)
			throw new CommandFailure("tag can't be used with --all-tags/-a");
		const engine = await context.engine();
		const references = flags["all-tags"] ? await allTags(engine, reference) : [displayName(reference)];
		if (!flags["all-tags"] && references[0] !== reference && !flags.quiet)
			context.out("Using default tag: latest\n");
		for (const one of references) await push(context, engine, one, flags);
		if (flags.quiet) context.out(`${references.join("\n")}\n`);
	},
});

async function push(
	context: CommandContext,
	engine: Engine,
	reference: string,
	flags: { quiet: boolean; platform: string | undefined },
): Promise<void> {
	const { repository, tag } = splitReference(reference);
	const auth = await storedCredentials(context.configFolder, registryOf(repository));
	const lines = imagePush(engine, repository, { tag, platform: flags.platform }, { auth });
	await (flags.quiet ? drainProgress(lines) : showProgress(lines, { fd: 1 }));
}

async function allTags(engine: Engine, repository: string): Promise<string[]> {
	const images = await imageList(engine, { filters: { reference: [repository] } });
	const names = images.flatMap(({ RepoTags }) => RepoTags ?? []);
	if (names.length === 0)
		throw new CommandFailure(`An image does not exist locally with the tag: ${repository}`);
	return names;
}
