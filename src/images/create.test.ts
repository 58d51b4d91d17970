import { describe, expect, test } from "bun:test";
import { gzipSync } from "node:zlib";
import { dockerArchive } from "../../test/support/busybox-image.ts";
import { openImagesRoom } from "../../test/support/images-room.ts";
import { buildTar } from "../../test/support/tar-builder.ts";
import { applyChanges } from "./changes.ts";

async function* stream(...parts: Uint8Array[]): AsyncIterable<Uint8Array> {
	yield* parts;
}
const quiet = () => {};
const tree = buildTar([{ name: "etc/" }, { name: "etc/motd", data: "hello\n" }]);

describe("import", () => {
	test.each([
		["plain", tree, "application/vnd.oci.image.layer.v1.tar"],
		["gzip", gzipSync(tree), "application/vnd.oci.image.layer.v1.tar+gzip"],
	])("a %s tree becomes an image", async (_name, bytes, mediaType) => {
		await using room = await openImagesRoom();
		const image = await room.images.import(stream(bytes), {
			reference: "mine:1",
			message: "Imported from -",
			changes: ["CMD echo hi", "ENV A=b"],
			progress: quiet,
		});
		expect(image.tags).toEqual(["docker.io/library/mine:1"]);
		expect(image.manifest.layers[0]!.mediaType).toBe(mediaType);
		expect(image.config.config).toEqual({ Cmd: ["/bin/sh", "-c", "echo hi"], Env: ["A=b"] });
		expect(room.events).toEqual([`tag ${image.id}`, `import ${image.id}`]);
		const [step, ...others] = await room.images.history("mine:1");
		expect(others).toEqual([]);
		expect(step).toMatchObject({ id: image.id, comment: "Imported from -", tags: ["mine:1"] });
		expect(step!.sizeBytes).toBe(image.sizeBytes);
		await using again = await room.reopen();
		expect(again.images.get("mine:1")).toEqual(image);
	});

	test("of garbage, or with a change that is none, leaves nothing", async () => {
		await using room = await openImagesRoom();
		const options = { message: "", changes: [], progress: quiet };
		await expect(room.images.import(stream(Buffer.alloc(2048, "x")), options)).rejects.toThrow(
			expect.objectContaining({ code: "corrupt" }),
		);
		expect(() => room.images.import(stream(tree), { ...options, changes: ["RUN rm -rf /"] })).toThrow(
			"run is not a valid change command",
		);
		expect(room.onDisk()).toEqual({ blobs: 0, layers: 0, ingests: 0, staged: 0 });
	});
});

test("commit puts a layer and a step on its parent", async () => {
	await using room = await openImagesRoom();
	await room.images.load(stream(dockerArchive({ tag: "base:1", layer: tree, config: { Cmd: ["sh"] } })), {
		progress: quiet,
	});
	const parent = room.images.get("base:1");
	const commit = (layer: Uint8Array, changes: string[] = []) =>
		room.images.commit({
			parent,
			layer: stream(layer),
			config: parent.config.config,
			changes,
			reference: "next:1",
			author: "me",
			comment: "why",
			containerId: "c",
			createdBy: "sh",
		});
	const image = await commit(buildTar([{ name: "new", data: "1" }]), ['ENTRYPOINT ["/bin/x"]']);
	expect(image.parent).toBe(parent.id);
	expect(image.config.config?.Entrypoint).toEqual(["/bin/x"]);
	expect(image.config.config?.Cmd).toBeUndefined();
	expect(image.config.config?.Env).toEqual(parent.config.config!.Env!);
	expect(await room.images.history("next:1")).toMatchObject([
		{ id: image.id, createdBy: "sh", comment: "why", tags: ["next:1"] },
		{ id: parent.id, createdBy: "busybox-static", tags: ["base:1"] },
	]);
	const unchanged = await commit(Buffer.alloc(1024));
	expect(unchanged.chainId).toBe(parent.chainId!);
	expect(unchanged.config.history?.at(-1)).toMatchObject({ empty_layer: true });
});

describe("changes", () => {
	const braced = (name: string) => `$\{${name}}`;
	test.each<[string[], object]>([
		[['CMD ["a", "b"]'], { Cmd: ["a", "b"] }],
		[["cmd a b"], { Cmd: ["/bin/sh", "-c", "a b"] }],
		[["ENTRYPOINT [ -f /x ] && y"], { Entrypoint: ["/bin/sh", "-c", "[ -f /x ] && y"], Cmd: null }],
		[["CMD a", 'ENTRYPOINT ["e"]'], { Cmd: ["/bin/sh", "-c", "a"], Entrypoint: ["e"] }],
		[["ENV A=1 B=\"2 3\" C='$A' D=4\\ 5"], { Env: ["A=1", "B=2 3", "C=$A", "D=4 5"] }],
		[
			["ENV A old form", `ENV P=$A:x Q=${braced("A")}y R=${braced("N:-z")}`],
			{ Env: ["A=old form", "P=old form:x", "Q=old formy", "R=z"] },
		],
		[
			["EXPOSE 80 443/UDP 8000-8001"],
			{ ExposedPorts: { "80/tcp": {}, "443/udp": {}, "8000/tcp": {}, "8001/tcp": {} } },
		],
		[['LABEL a=b "c d"="e f"'], { Labels: { a: "b", "c d": "e f" } }],
		[["USER me:us", "WORKDIR /a", "WORKDIR b/../c"], { User: "me:us", WorkingDir: "/a/c" }],
		[['VOLUME ["/a", "/b"]', "VOLUME /c /d"], { Volumes: { "/a": {}, "/b": {}, "/c": {}, "/d": {} } }],
		[["STOPSIGNAL SIGTERM", "ONBUILD RUN x"], { StopSignal: "SIGTERM", OnBuild: ["RUN x"] }],
		[
			["HEALTHCHECK --interval=1m30s --retries=3 CMD curl x"],
			{ Healthcheck: { Interval: 90e9, Retries: 3, Test: ["CMD-SHELL", "curl x"] } },
		],
		[["HEALTHCHECK NONE"], { Healthcheck: { Test: ["NONE"] } }],
	])("%p", (changes, config) => expect(applyChanges({}, changes) as object).toEqual(config));

	test.each([
		["RUN x", "run is not a valid change command"],
		["LABEL", "LABEL requires at least one argument"],
		["ENV A", "ENV must have two arguments"],
		["ENV A=1 B", "can't find = in"],
		['ENV A="1', "looking for matching"],
		["EXPOSE 99999", "invalid containerPort: 99999"],
		["STOPSIGNAL nosuch", "invalid signal: nosuch"],
		["# nothing", "file with no instructions"],
		["ENV =x", "ENV names can not be blank"],
		["ONBUILD FROM x", "FROM isn't allowed as an ONBUILD trigger"],
		["STOPSIGNAL !", "invalid signal: !"],
		["HEALTHCHECK --tea=1 CMD x", "unknown flag of HEALTHCHECK: --tea"],
		["HEALTHCHECK RUN x", "Unknown type"],
		["constructor x", "constructor is not a valid change command"],
	])("%s is refused", (change, message) =>
		expect(() => applyChanges({}, [change])).toThrow(
			expect.objectContaining({ code: "invalid_argument", message: expect.stringContaining(message) }),
		),
	);
});
