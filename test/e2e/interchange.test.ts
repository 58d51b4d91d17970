import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { type Dockerd, startDockerd } from "../support/dockerd.ts";
import { buildTar } from "../support/tar-builder.ts";

/** Images and files to and from what others make: dockerd 20.10, skopeo (and with it podman and buildah). */
let engine: TestDaemon;
let dockerd: Dockerd;
const folder = mkdtempSync(join(tmpdir(), "hull-interchange-"));
const path = (name: string) => join(folder, name);
beforeAll(async () => {
	[engine, dockerd] = await Promise.all([startTestDaemon(), startDockerd()]);
	await engine.ok(["save", "-o", path("busybox.tar"), "busybox"]);
	await dockerd.ok(["load", "-i", path("busybox.tar")]);
}, 60_000);
afterAll(async () => {
	await engine[Symbol.asyncDispose]();
	await dockerd[Symbol.asyncDispose]();
	rmSync(folder, { recursive: true });
}, 60_000);

const run = promisify(execFile);
type Ask = (args: readonly string[]) => Promise<string>;
const idOf = async (ask: Ask, name: string) =>
	(await ask(["image", "inspect", "-f", "{{.Id}}", name])).trim();
const inspect = async (ask: Ask, name: string) => JSON.parse(await ask(["image", "inspect", name]))[0];

describe("save and load", () => {
	test("dockerd 20.10 has what Hull saved, under the same ids", async () => {
		expect(await idOf(dockerd.ok, "busybox")).toBe(await idOf(engine.ok, "busybox"));
		await engine.ok(["tag", "busybox", "team/one:v1"]);
		await engine.ok(["tag", "busybox", "team/one:v2"]);
		await engine.ok(["create", "--name", "made", "busybox", "true"]);
		writeFileSync(path("file"), "content");
		await engine.ok(["cp", path("file"), "made:/file"]);
		await engine.ok(["commit", "made", "team/two:v1"]);
		await engine.ok(["save", "-o", path("several.tar"), "team/one", "team/two:v1"]);
		const loaded = await dockerd.ok(["load", "-i", path("several.tar")]);
		expect(loaded.split("\n").sort()).toEqual(
			["", "Loaded image: team/one:v1", "Loaded image: team/one:v2", "Loaded image: team/two:v1"].sort(),
		);
		expect(await idOf(dockerd.ok, "team/two:v1")).toBe(await idOf(engine.ok, "team/two:v1"));
		await engine.ok(["rm", "made"]);
		await engine.ok(["rmi", "team/one:v1", "team/one:v2", "team/two:v1"]);
	}, 60_000);

	test("Hull has what dockerd 20.10 saved: several images, tags, no tag", async () => {
		await dockerd.ok(["save", "-o", path("docker.tar"), "team/one", "team/two:v1"]);
		const id = await idOf(dockerd.ok, "team/two:v1");
		expect((await engine.ok(["load", "-i", path("docker.tar")])).split("\n").sort()).toEqual(
			["", "Loaded image: team/one:v1", "Loaded image: team/one:v2", "Loaded image: team/two:v1"].sort(),
		);
		expect(await idOf(engine.ok, "team/two:v1")).toBe(id);
		await engine.ok(["rmi", "team/one:v1", "team/one:v2", "team/two:v1"]);
		await dockerd.ok(["save", "-o", path("id.tar"), id]);
		expect(await engine.ok(["load", "-i", path("id.tar")])).toBe(`Loaded image ID: ${id}\n`);
		await engine.ok(["rmi", id]);
		await dockerd.ok(["rmi", "team/one:v1", "team/one:v2", "team/two:v1"]);
	}, 60_000);

	test.each(["docker-archive", "oci-archive"])(
		"skopeo's %s, there and back",
		async (kind) => {
			const target = `${kind}:${path(`${kind}.tar`)}:docker.io/team/${kind}:v1`;
			await run("skopeo", ["copy", `docker-archive:${path("busybox.tar")}`, target]);
			const loaded = await engine.ok(["load", "-i", path(`${kind}.tar`)]);
			expect(loaded).toBe(`Loaded image: team/${kind}:v1\n`);
			const copy = await inspect(engine.ok, `team/${kind}:v1`);
			// skopeo writes the config anew for an OCI archive.
			expect(copy.RootFS).toEqual((await inspect(engine.ok, "busybox")).RootFS);
			await engine.ok(["save", "-o", path("saved.tar"), `team/${kind}:v1`]);
			const source = kind === "docker-archive" ? `:docker.io/team/${kind}:v1` : "";
			const back = await run("skopeo", ["inspect", "--raw", `${kind}:${path("saved.tar")}${source}`]);
			expect(JSON.parse(back.stdout).config.digest).toBe(copy.Id);
			await engine.ok(["rmi", `team/${kind}:v1`]);
		},
		60_000,
	);

	test.each([
		["nothing", Buffer.alloc(0)],
		["noise", Buffer.from("no archive at all")],
		["a tar of other things", buildTar([{ name: "a/" }, { name: "a/b", data: "c" }])],
		["a manifest.json that is none", buildTar([{ name: "manifest.json", data: "{" }])],
		["half an archive", undefined],
	])("of %s is refused as the request's fault", async (_name, bytes) => {
		const whole = readFileSync(path("busybox.tar"));
		const body = bytes ?? whole.subarray(0, 500_000);
		const before = await engine.api("GET", "/images/json");
		const response = await fetch("http://hull/images/load", { unix: engine.socket, method: "POST", body });
		const { message } = (await response.json()) as { message: string };
		expect({ status: response.status, named: message.length > 0 }).toEqual({ status: 400, named: true });
		expect((await engine.api("GET", "/images/json")).json).toEqual(before.json);
	});

	test("of one platform takes that, and names one that is not there", async () => {
		const { Architecture } = await inspect(engine.ok, "busybox");
		const own = await engine.docker([
			"load",
			"--platform",
			`linux/${Architecture}`,
			"-i",
			path("busybox.tar"),
		]);
		expect(own.stdout).toBe("Loaded image: busybox:latest\n");
		const other = await engine.docker(["load", "--platform", "linux/s390x", "-i", path("busybox.tar")]);
		expect(other.stderr).toContain("the archive holds no image for linux/s390x");
	});
});

describe("commit and import", () => {
	const changes = [
		'CMD ["a", "b c"]',
		'ENTRYPOINT ["/bin/e"]',
		'ENV one=1 two="2 2" PATH=$PATH:/more',
		"EXPOSE 80 53/udp",
		'LABEL key=value "other key"="other value"',
		"ONBUILD RUN echo",
		"USER nobody:nogroup",
		`ENV old 'quoted  text' "more" ${"$"}{HERE:+set}`,
		'VOLUME ["/data", "/more"]',
		"WORKDIR /work",
		"WORKDIR deeper and deeper",
		"HEALTHCHECK --interval=5s --retries=2 CMD test -f /x",
	];

	test("commit with every instruction gives the configuration that dockerd gives", async () => {
		const args = ["-a", "who", "-m", "why", ...changes.flatMap((change) => ["-c", change])];
		const made = async (ask: Ask) => {
			await ask([
				"create",
				"--name",
				"source",
				"-e",
				"HERE=1",
				"-l",
				"from=container",
				"busybox",
				"sh",
				"-c",
				"x",
			]);
			await ask(["commit", ...args, "source", "committed:v1"]);
			const image = await inspect(ask, "committed:v1");
			const history = await ask([
				"history",
				"--no-trunc",
				"--format",
				"{{.CreatedBy}}|{{.Comment}}",
				"committed:v1",
			]);
			await ask(["rm", "source"]);
			return { image, history };
		};
		const [ours, theirs] = [await made(engine.ok), await made(dockerd.ok)];
		const common = ({
			image: { Config, Author, Comment, Os, Architecture, RepoTags, RootFS },
		}: typeof ours) => {
			// What dockerd 20.10 adds of the container itself is not in later ones.
			const {
				Hostname,
				Image,
				Domainname,
				AttachStdin,
				AttachStdout,
				AttachStderr,
				OpenStdin,
				StdinOnce,
				Tty,
				...config
			} = Config;
			return { config, Author, Comment, Os, Architecture, RepoTags, layers: RootFS.Layers.length };
		};
		expect(common(ours)).toEqual(common(theirs));
		expect(ours.history).toBe(theirs.history);
		await engine.ok(["rmi", "committed:v1"]);
		await dockerd.ok(["rmi", "committed:v1"]);
	}, 60_000);

	test.each(["FROM x", "RUN x", "NOSUCH x", "ENV", "# nothing", "EXPOSE many", "ENV =x", "ONBUILD FROM x"])(
		"--change %p is refused by both",
		async (change) => {
			for (const { ok, docker } of [engine, dockerd]) {
				await ok(["create", "--name", "refused", "busybox", "true"]);
				expect((await docker(["commit", "-c", change, "refused", "never:v1"])).code).toBe(1);
				await ok(["rm", "refused"]);
				expect((await docker(["image", "inspect", "never:v1"])).code).toBe(1);
			}
		},
		60_000,
	);

	test("import from a URL, with changes, platform and message", async () => {
		const tar = buildTar([{ name: "file", data: "content" }]);
		const server = createServer((request, response) => {
			if (request.url === "/root.tar") response.end(tar);
			else response.writeHead(404).end();
		});
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
		const { port } = server.address() as AddressInfo;
		const url = `http://127.0.0.1:${port}`;
		const options = ["-c", "CMD /file", "-m", "fetched", "--platform", "linux/arm64"];
		const printed = await engine.ok(["import", ...options, `${url}/root.tar`, "fetched:v1"]);
		expect(printed).toMatch(/sha256:[0-9a-f]{64}\n$/);
		const image = await inspect(engine.ok, "fetched:v1");
		expect({
			cmd: image.Config.Cmd,
			comment: image.Comment,
			architecture: image.Architecture,
		}).toEqual({ cmd: ["/bin/sh", "-c", "/file"], comment: "fetched", architecture: "arm64" });
		const absent = await engine.docker(["import", `${url}/nosuch`, "never:v1"]);
		expect(absent.stderr).toContain("it answers 404");
		server.close();
		const refused = await engine.docker(["import", `${url}/root.tar`, "never:v1"]);
		expect(refused.stderr).toContain(`cannot download ${url}/root.tar`);
		await engine.ok(["rmi", "fetched:v1"]);
	}, 30_000);
});

describe("cp", () => {
	test.each([
		["created", ["create"]],
		["running", ["run", "-d"]],
	] as const)(
		"does with awkward paths of a %s container what dockerd does",
		async (state, command) => {
			await run(
				"sh",
				[
					"-c",
					"rm -rf d out; mkdir -p d/sub && echo a > d/a && echo b > d/sub/b && ln -s a d/link && ln -s /etc out && echo owned > owned && chown 12:34 owned",
				],
				{ cwd: folder },
			);
			const seen = async ({ ok, docker }: Pick<Dockerd, "ok" | "docker">, name: string) => {
				await ok([
					...command,
					"--name",
					"box",
					"--network",
					"none",
					"-u",
					"65534",
					"busybox",
					"sleep",
					"1000",
				]);
				await ok(["cp", path("d"), "box:/"]);
				// Links inside of the container mean places inside of it.
				const links = buildTar([
					{ name: "abs", type: "symlink", linkName: "/d" },
					{ name: "up", type: "symlink", linkName: "../../../../d" },
					{ name: "dangling", type: "symlink", linkName: "/nosuch" },
				]);
				await ok(["cp", "-", "box:/"], { input: links });
				const answers: unknown[] = [];
				const attempts = [
					[path("file"), "box:/abs"],
					[path("file"), "box:/abs/renamed"],
					[path("file"), "box:/up/sub/"],
					[path("file"), "box:/nosuch/"],
					[path("file"), "box:/nosuch/x"],
					[path("file"), "box:/dangling"],
					[path("d"), "box:/d/a"],
					[path("d/."), "box:/fresh"],
					[path("d"), "box:/fresh2"],
					[path("d/link"), "box:/linkcopy"],
					["-L", path("d/link"), "box:/followed"],
					["-a", path("owned"), "box:/kept"],
					[path("owned"), "box:/fresh/owned"],
					["box:/abs", path(`${name}-abs`)],
					["-L", "box:/abs", path(`${name}-followed`)],
					["box:/d/.", path(`${name}-contents`)],
					["box:/nosuch", path(`${name}-none`)],
				];
				for (const attempt of attempts)
					answers.push([attempt.join(" ").replaceAll(name, ""), (await docker(["cp", ...attempt])).code]);
				const listing = (
					await run(
						"sh",
						["-c", `for t in ${name}-*; do find $t ! -type d -printf '%P %y %l\\n'; done | sort`],
						{ cwd: folder },
					)
				).stdout;
				await ok(["export", "-o", path(`${name}.tar`), "box"]);
				const { stdout } = await run("tar", ["tvf", path(`${name}.tar`), "--numeric-owner"]);
				const made = stdout
					.split("\n")
					.filter((line) =>
						/ (d|abs|up|dangling|fresh2?|linkcopy|followed|kept|nosuch|renamed)(\/| |$)/.test(line),
					)
					.map((line) => line.replace(/\d{4}-\d\d-\d\d \d\d:\d\d/, ""))
					.map((line) => line.replace(/\s+/g, " "))
					.sort();
				await ok(["rm", "-f", "box"]);
				return { answers, listing, made };
			};
			expect(await seen(engine, `${state}-ours`)).toEqual(await seen(dockerd, `${state}-theirs`));
		},
		120_000,
	);
});
