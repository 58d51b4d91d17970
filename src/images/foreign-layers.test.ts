import { expect, test } from "bun:test";
import { gzipSync } from "node:zlib";
import { openImagesRoom, recordProgress } from "../../test/support/images-room.ts";
import { startRegistry, startScriptedRegistry } from "../../test/support/registry.ts";
import { buildTar } from "../../test/support/tar-builder.ts";
import { digestOf, mediaTypes, parseReference } from "../oci/index.ts";
import { createRegistry } from "../registry/index.ts";

const foreignType = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";

test("a layer that the registry may not hand out comes from its address, and is not pushed", async () => {
	const tar = buildTar([{ name: "file", data: "from elsewhere" }]);
	const layer = gzipSync(tar);
	const shown: (string | undefined)[] = [];
	await using elsewhere = await startScriptedRegistry((request, response) => {
		shown.push(request.headers.authorization);
		if (request.url !== "/layer") response.writeHead(404).end();
		else response.writeHead(200, { "content-length": layer.length }).end(layer);
	});
	await using registry = await startRegistry({ users: { me: "secret" } });
	const auth = { username: "me", password: "secret" };
	const config = Buffer.from(
		JSON.stringify({
			architecture: "amd64",
			os: "linux",
			rootfs: { type: "layers", diff_ids: [digestOf(tar)] },
		}),
	);
	const configDescriptor = {
		mediaType: mediaTypes.dockerConfig,
		digest: digestOf(config),
		size: config.length,
	};
	const urls = [`http://${elsewhere.domain}/gone`, `http://${elsewhere.domain}/layer`];
	const manifest = Buffer.from(
		JSON.stringify({
			schemaVersion: 2,
			mediaType: mediaTypes.dockerManifest,
			config: configDescriptor,
			layers: [{ mediaType: foreignType, digest: digestOf(layer), size: layer.length, urls }],
		}),
	);
	const layerOf = (name: string) =>
		createRegistry().open(parseReference(name), { actions: "pull,push", auth });

	await using room = await openImagesRoom();
	// Registries check that they have what a manifest names, foreign layers apart; this one must allow their address.
	await using source = await startScriptedRegistry((request, response) => {
		const blobs: Record<string, Buffer> = {
			"/v2/x/manifests/1": manifest,
			[`/v2/x/blobs/${configDescriptor.digest}`]: config,
		};
		const bytes = blobs[request.url!];
		if (bytes === undefined) response.writeHead(404).end();
		else response.writeHead(200, { "content-length": bytes.length }).end(bytes);
	});
	const platform = { os: "linux", architecture: "amd64" };
	await room.images.pull(`${source.domain}/x:1`, { progress: () => {}, platform, auth });
	expect(shown).toEqual([undefined, undefined]);
	expect(room.onDisk()).toMatchObject({ blobs: 3, layers: 1 });

	const target = `${registry.domain}/x:1`;
	room.images.tag(`${source.domain}/x:1`, target);
	const { progress, lines } = recordProgress();
	await room.images.push(target, { progress, auth }).catch(() => {});
	expect(lines).toContain(`${digestOf(tar).slice(7, 19)}: Skipped foreign layer`);
	expect(await layerOf(target).hasBlob(digestOf(layer))).toBe(false);
});
