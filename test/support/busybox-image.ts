import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { buildTar, type TarEntry } from "./tar-builder.ts";

/**
 * Writes a docker-archive (as `docker save` of version 20) of a one-layer image made from Debian's busybox-static:
 * every applet as a symlink in /bin, root and nobody in /etc/passwd, `sh` as its command. The same bytes each time.
 */
export async function makeBusyboxArchive(path: string, tag: string): Promise<void> {
	await writeFile(path, dockerArchive({ tag, layer: await busyboxLayer(), config: { Cmd: ["sh"] } }));
}

/** One layer: the uncompressed tar of busybox's tree. */
export async function busyboxLayer(): Promise<Buffer> {
	const busybox = await readFile("/bin/busybox");
	const { stdout } = await promisify(execFile)("/bin/busybox", ["--list"]);
	const applets = stdout.split("\n").filter((name) => name !== "" && name !== "busybox");
	return buildTar([
		{ name: "bin/" },
		{ name: "bin/busybox", mode: 0o755, data: busybox },
		...applets.map((name): TarEntry => ({ name: `bin/${name}`, type: "symlink", linkName: "busybox" })),
		{ name: "dev/" },
		{ name: "etc/" },
		{
			name: "etc/passwd",
			data: "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/home:/bin/false\n",
		},
		{ name: "etc/group", data: "root:x:0:\nnobody:x:65534:\n" },
		{ name: "home/", uid: 65534, gid: 65534 },
		{ name: "proc/" },
		{ name: "root/", mode: 0o700 },
		{ name: "sys/" },
		{ name: "tmp/", mode: 0o1777 },
		{ name: "usr/" },
		{ name: "usr/bin/" },
		{ name: "usr/bin/env", type: "symlink", linkName: "../../bin/busybox" },
		{ name: "var/" },
	]);
}

export interface DockerArchiveOptions {
	readonly tag: string;
	/** The only layer; or all, bottom first. */
	readonly layer?: Uint8Array;
	readonly layers?: readonly Uint8Array[];
	/** The image's run configuration, on top of a PATH. */
	readonly config?: Readonly<Record<string, unknown>>;
}

export function dockerArchive({ tag, layer, layers = [layer!], config }: DockerArchiveOptions): Buffer {
	const created = "2026-01-01T00:00:00Z";
	const layerIds = layers.map(sha256);
	const imageConfig = JSON.stringify({
		architecture: hostArchitecture(),
		os: "linux",
		created,
		config: { Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"], ...config },
		rootfs: { type: "layers", diff_ids: layerIds.map((id) => `sha256:${id}`) },
		history: layers.map(() => ({ created, created_by: "busybox-static" })),
	});
	const imageId = sha256(imageConfig);
	const paths = layerIds.map((id) => `${id}/layer.tar`);
	return buildTar([
		{ name: `${imageId}.json`, data: imageConfig },
		...layers.flatMap((data, index) => [
			{ name: `${layerIds[index]}/` },
			{ name: `${layerIds[index]}/VERSION`, data: "1.0" },
			{ name: paths[index]!, data },
		]),
		{
			name: "manifest.json",
			data: JSON.stringify([{ Config: `${imageId}.json`, RepoTags: [tag], Layers: paths }]),
		},
	]);
}

/** The host's architecture in the words of the OCI image spec. */
export function hostArchitecture(): string {
	return { x64: "amd64", arm64: "arm64" }[process.arch as string] ?? process.arch;
}

function sha256(bytes: Uint8Array | string): string {
	return createHash("sha256").update(bytes).digest("hex");
}
