import { randomBytes } from "node:crypto";
import {
	containerCreate,
	containerDelete,
	type Engine,
	imageCommit,
	putContainerArchive,
} from "../client/index.ts";
import { tarEntry, writeTar } from "../lib/index.ts";
import { probePath } from "./workshop.ts";

/**
 * Makes an image of `reference` and one more layer with the probe, so that every hull runs exactly the same, wherever
 * the engine is. Gives its name; who calls it removes it. A kill leaves an image named `hull-compare` behind. Its
 * command is the probe: the image's own is given with each container.
 */
export async function makeProbeImage(engine: Engine, reference: string, probe: Uint8Array): Promise<string> {
	const { Id } = await containerCreate(engine, {
		Image: reference,
		Entrypoint: [probePath],
		Labels: { "hull.compare": "image" },
	});
	try {
		await putContainerArchive(engine, Id!, {
			path: "/",
			tar: archiveOf(probe),
			noOverwriteDirNonDir: true,
			copyUidGid: true,
		});
		const tag = randomBytes(6).toString("hex");
		await imageCommit(engine, { container: Id!, repo: "hull-compare", tag, pause: "0" });
		return `hull-compare:${tag}`;
	} finally {
		await containerDelete(engine, Id!, { force: true, v: true });
	}
}

function archiveOf(probe: Uint8Array): AsyncIterable<Uint8Array> {
	async function* items() {
		const entry = tarEntry({ name: probePath.slice(1), mode: 0o755, size: probe.length });
		yield { entry, content: [probe] };
	}
	return writeTar(items());
}
