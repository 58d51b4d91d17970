import type { ContainerCreateRequest, IDResponse } from "../../api/index.ts";
import { isEngineError } from "../../lib/index.ts";
import { familiarReference, type ImageRunConfig, parseReference, withDefaultTag } from "../../oci/index.ts";
import type { Container } from "../container.ts";
import type { Context } from "../context.ts";
import { isolationOf } from "../isolation.ts";
import { publish } from "../publish.ts";
import { reachFiles } from "./reach.ts";

export interface CommitRequest {
	readonly repo: string;
	readonly tag: string;
	readonly comment: string;
	readonly author: string;
	/** Freeze the container while its files are read. */
	readonly pause: boolean;
	readonly changes: readonly string[];
	readonly config?: ContainerCreateRequest;
}

/** Makes an image of a container's changes and configuration. */
export async function commitContainer(
	context: Context,
	reference: string,
	request: CommitRequest,
): Promise<IDResponse> {
	const container = context.registry.get(reference);
	using _lock = await context.locks.acquire(container.id);
	await using files = await reachFiles(context, container, { binds: false, locked: true });
	await using _thaw = await frozen(container, request.pause);
	const image = await context.images.commit({
		parent: context.images.get(container.record.image.id),
		layer: context.archive.packChanges(files.changes),
		config: imageConfig(container, request.config),
		changes: request.changes,
		...(request.repo === ""
			? {}
			: { reference: request.tag ? `${request.repo}:${request.tag}` : request.repo }),
		author: request.author,
		comment: request.comment,
		containerId: container.id,
		// The command without its entrypoint, as Docker writes it down.
		createdBy: (container.record.config.Cmd ?? []).join(" "),
	});
	publish(context, container, {
		action: "commit",
		attributes: { comment: request.comment, imageID: image.id, imageRef: familiarTag(request) },
	});
	return { Id: image.id };
}

/** `busybox:latest`; empty when the image got no name. */
function familiarTag({ repo, tag }: CommitRequest): string {
	if (repo === "") return "";
	return familiarReference(withDefaultTag(parseReference(tag ? `${repo}:${tag}` : repo)));
}

/** A machine goes on: its guest has to serve the files. Nothing moves in a container that ended meanwhile. */
async function frozen(container: Container, pause: boolean): Promise<AsyncDisposable> {
	const isProcess = isolationOf(container.record) === "process";
	const task =
		pause && isProcess && container.record.state.status === "running" ? container.run?.task : undefined;
	const unlessEnded = async (asked: Promise<void> | undefined) => {
		try {
			await asked;
		} catch (error) {
			if (!isEngineError(error, "not_found")) throw error;
		}
	};
	await unlessEnded(task?.pause());
	return { [Symbol.asyncDispose]: () => unlessEnded(task?.resume()) };
}

function imageConfig(container: Container, override: ContainerCreateRequest | undefined): ImageRunConfig {
	const { config } = container.record;
	const { HostConfig: _host, NetworkingConfig: _networking, ...changes } = override ?? {};
	const { ExposedPorts, Volumes, ...rest } = { ...config, ...changes } as ImageRunConfig;
	return { ...rest, ...whereAny({ ExposedPorts, Volumes }) };
}

function whereAny<Fields extends Record<string, object | undefined>>(fields: Fields): Partial<Fields> {
	const filled = Object.entries(fields).filter(([, value]) => Object.keys(value ?? {}).length > 0);
	return Object.fromEntries(filled) as Partial<Fields>;
}
