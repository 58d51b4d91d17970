import { CommandFailure } from "../../failure.ts";
import { defineCommand } from "../../flags/command.ts";
import { displayName, registryOf, splitReference, tagOf } from "../../format/image-name.ts";
import { pullImage } from "./pull-image.ts";

export const command = defineCommand({
	usage: "[OPTIONS] NAME[:TAG|@DIGEST]",
	flags: [
		{ kind: "switch", name: "all-tags", short: "a", help: "Fetch every tag of the repository" },
		{
			kind: "switch",
			name: "disable-content-trust",
			default: true,
			help: "Signatures of images are not checked; only true is possible",
		},
		{
			kind: "text",
			name: "platform",
			completes: "platform",
			help: "Platform of the image (os/arch[/variant])",
		},
		{ kind: "switch", name: "quiet", short: "q", help: "Do not show progress" },
	],
	arguments: { min: 1, max: 1 },
	completes: ["image"],
	async run(context, { flags, arguments: [name] }) {
		if (!flags["disable-content-trust"])
			throw new CommandFailure("--disable-content-trust=false: signatures of images are not supported");
		const reference = name!;
		const allTags = flags["all-tags"];
		if (allTags && (tagOf(reference) !== undefined || reference.includes("@")))
			throw new CommandFailure("tag can't be used with --all-tags/-a");
		if (!allTags && displayName(reference) !== reference && !flags.quiet)
			context.out("Using default tag: latest\n");
		const engine = await context.engine();
		await pullImage(context, engine, {
			reference,
			platform: flags.platform,
			quiet: flags.quiet,
			allTags,
			fd: 1,
		});
		context.out(`${canonicalName(allTags ? reference : displayName(reference))}\n`);
	},
});

/** With registry: what was pulled, beyond doubt. */
function canonicalName(reference: string): string {
	if (registryOf(reference) !== "docker.io") return reference;
	const path = reference.replace(/^(index\.)?docker\.io\//, "");
	const { repository } = splitReference(path);
	return `docker.io/${repository.includes("/") ? path : `library/${path}`}`;
}
