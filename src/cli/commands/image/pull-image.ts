import { type Engine, imagePull } from "../../../client/index.ts";
import type { CommandContext } from "../../context.ts";
import { storedCredentials } from "../../engine/credentials.ts";
import { displayName, registryOf, splitReference } from "../../format/image-name.ts";
import { drainProgress, showProgress } from "../../format/progress.ts";

export interface PullRequest {
	readonly reference: string;
	readonly platform: string | undefined;
	readonly quiet: boolean;
	readonly allTags?: boolean;
	/** Where progress is shown. */
	readonly fd: 1 | 2;
}

/** Pulls an image with the credentials kept for its registry. */
export async function pullImage(
	context: CommandContext,
	engine: Engine,
	request: PullRequest,
): Promise<void> {
	const { repository, tag, digest } = splitReference(displayName(request.reference));
	const auth = await storedCredentials(context.configFolder, registryOf(repository));
	const lines = imagePull(
		engine,
		{
			fromImage: repository,
			tag: request.allTags ? undefined : (digest ?? tag),
			platform: request.platform,
		},
		{ auth },
	);
	await (request.quiet ? drainProgress(lines) : showProgress(lines, { fd: request.fd }));
}
