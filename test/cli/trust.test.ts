import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { hullCli } from "../support/hull-cli.ts";
import { startRegistry, type TestRegistry } from "../support/registry.ts";

let folder: string;
let registry: TestRegistry;
let hull: TestDaemon;
let trusting: TestDaemon;
beforeAll(async () => {
	folder = mkdtempSync(join(tmpdir(), "hull-trust-"));
	registry = await startRegistry();
	for (const name of ["ours", "theirs"]) {
		openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", `${name}.pem`);
		openssl("pkey", "-in", `${name}.pem`, "-pubout", "-out", `${name}.pub`);
	}
	openssl("pkey", "-in", "ours.pem", "-aes256", "-passout", "pass:secret", "-out", "locked.pem");
	cosign("generate-key-pair");
	const rules = [
		{
			match: registry.domain,
			action: "signed",
			keys: [join(folder, "ours.pub"), join(folder, "cosign.pub")],
		},
	];
	writeFileSync(join(folder, "trust.json"), JSON.stringify({ rules }));
	hull = await startTestDaemon();
	trusting = await startTestDaemon({
		image: false,
		arguments: ["--trust-policy", join(folder, "trust.json")],
	});
});
afterAll(async () => {
	await hull[Symbol.asyncDispose]();
	await trusting[Symbol.asyncDispose]();
	await registry[Symbol.asyncDispose]();
	rmSync(folder, { recursive: true });
});

const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
const cosign = (...args: string[]) =>
	execFileSync("cosign", args, { cwd: folder, stdio: "pipe", env: { ...process.env, COSIGN_PASSWORD: "" } });
const cli = (args: string[], options: object = {}) => hullCli(hull.socket, args, { cwd: folder, ...options });

test("sign, verify, and an engine that takes signed images only", async () => {
	const name = `${registry.domain}/team/app:1`;
	await hull.ok(["tag", "busybox", name]);
	const early = await cli(["image", "sign", "--key", "ours.pem", name]);
	expect(early).toMatchObject({ code: 1, stderr: expect.stringContaining("push it first") });
	await hull.ok(["push", "-q", name]);

	const refused = await trusting.docker(["pull", name]);
	expect(refused.code).toBe(1);
	expect(refused.stderr).toContain(`${name} is not trusted`);
	expect(await trusting.ok(["images", "-q"])).toBe("");
	const unsigned = await cli(["image", "verify", "--key", "ours.pub", name]);
	expect(unsigned).toMatchObject({ code: 1, stderr: expect.stringContaining("no signature by these keys") });

	const signed = await cli(["image", "sign", "-k", "ours.pem", "-a", "stage=prod", name]);
	expect(signed).toMatchObject({
		code: 0,
		stdout: expect.stringMatching(/team\/app@sha256:[0-9a-f]{64}\n$/),
	});
	const verified = await cli([
		"image",
		"verify",
		"-k",
		"theirs.pub",
		"-k",
		"ours.pub",
		"--format",
		"json",
		name,
	]);
	expect(verified.code).toBe(0);
	expect(JSON.parse(verified.stdout)).toMatchObject({
		Name: `${registry.domain}/team/app`,
		Annotations: "stage=prod",
	});
	expect((await cli(["image", "verify", "-k", "theirs.pub", name])).code).toBe(1);
	expect((await cli(["image", "verify", "-k", "ours.pub", "-a", "stage=test", name])).code).toBe(1);
	await trusting.ok(["pull", "-q", name]);
	expect(await trusting.ok(["images", "--format", "{{.Repository}}"])).toBe(`${registry.domain}/team/app\n`);
});

test("an encrypted key needs its passphrase", async () => {
	const name = `${registry.domain}/team/locked:1`;
	await hull.ok(["tag", "busybox", name]);
	await hull.ok(["push", "-q", name]);
	const sign = ["image", "sign", "--key", "locked.pem", name];
	expect((await cli(sign)).stderr).toContain("locked.pem is encrypted");
	expect((await cli(sign, { env: { HULL_KEY_PASSPHRASE: "wrong" } })).code).toBe(1);
	expect((await cli([...sign, "--passphrase-stdin"], { input: "secret\n" })).code).toBe(0);
	expect((await cli(["image", "verify", "-k", "ours.pub", name])).code).toBe(0);
});

test("a policy that is wrong keeps the engine from starting", async () => {
	writeFileSync(join(folder, "wrong.json"), '{"rules": [{"match": "busybox", "action": "accept"}]}');
	const started = startTestDaemon({
		image: false,
		arguments: ["--trust-policy", join(folder, "wrong.json")],
	});
	await expect(started).rejects.toThrow("wrong.json: rules[0].match");
});

test("requests that make no sense are refused by name", async () => {
	const verify = (body: object) => hull.api("POST", "/hull/images/localhost:1/x/verify", body);
	expect(await verify({ Keys: [] })).toMatchObject({ status: 400 });
	expect(await verify({ Keys: ["x"] })).toMatchObject({ status: 400 });
	expect(await verify({ Keys: ["x"], Name: "other" })).toMatchObject({ status: 400 });
	const sign = (body: object) => hull.api("POST", "/hull/images/localhost:1/x/signatures", body);
	expect(await sign({ Payload: "", Signature: "" })).toMatchObject({ status: 400 });
	expect((await sign({ Payload: "e30=", Signature: "eA==" })).status).toBeGreaterThanOrEqual(400);
});

describe("other programs check our signatures", () => {
	/** An image that ours signed; and what was signed, as the registry has it. */
	const sign = async (path: string) => {
		const name = `${registry.domain}/${path}:1`;
		await hull.ok(["tag", "busybox", name]);
		await hull.ok(["push", "-q", name]);
		const { stdout } = await cli(["image", "sign", "-k", "ours.pem", name]);
		return { name, digest: stdout.trim().split("@")[1]! };
	};

	test("openssl verifies the payload that is in the registry", async () => {
		const { digest } = await sign("team/by-openssl");
		const base = `http://${registry.domain}/v2/team/by-openssl`;
		const accept = "application/vnd.oci.image.manifest.v1+json";
		const manifest = await fetch(`${base}/manifests/${digest.replace(":", "-")}.sig`, {
			headers: { accept },
		});
		const { layers } = (await manifest.json()) as {
			layers: { mediaType: string; digest: string; annotations: Record<string, string> }[];
		};
		expect(layers).toMatchObject([{ mediaType: "application/vnd.dev.cosign.simplesigning.v1+json" }]);
		const payload = Buffer.from(await (await fetch(`${base}/blobs/${layers[0]!.digest}`)).arrayBuffer());
		expect(JSON.parse(payload.toString())).toMatchObject({
			critical: {
				identity: { "docker-reference": `${registry.domain}/team/by-openssl` },
				image: { "docker-manifest-digest": digest },
				type: "cosign container image signature",
			},
		});
		const signature = Buffer.from(layers[0]!.annotations["dev.cosignproject.cosign/signature"]!, "base64");
		writeFileSync(join(folder, "payload"), payload);
		writeFileSync(join(folder, "signature"), signature);
		const verify = (key: string) =>
			openssl("dgst", "-sha256", "-verify", key, "-signature", "signature", "payload").toString();
		expect(verify("ours.pub")).toBe("Verified OK\n");
		expect(() => verify("theirs.pub")).toThrow();
	});

	const offline = ["--insecure-ignore-tlog=true", "--allow-http-registry"];

	test("cosign verifies them", async () => {
		const { name, digest } = await sign("team/by-cosign");
		const [verified] = JSON.parse(cosign("verify", "--key", "ours.pub", ...offline, name).toString());
		expect(verified.critical.image["docker-manifest-digest"]).toBe(digest);
		expect(() => cosign("verify", "--key", "theirs.pub", ...offline, name)).toThrow("no matching signatures");
	});

	test("and what cosign signs is taken here", async () => {
		const name = `${registry.domain}/team/from-cosign:1`;
		await hull.ok(["tag", "busybox", name]);
		await hull.ok(["push", "-q", name]);
		const { json } = await hull.api("GET", `/images/${name}/json`);
		const [repoDigest] = json.RepoDigests.filter((one: string) => one.includes("from-cosign"));
		expect((await cli(["image", "verify", "-k", "cosign.pub", name])).code).toBe(1);
		const key = ["--key", "cosign.key", "--tlog-upload=false", "--allow-http-registry"];
		cosign("sign", "--yes", ...key, "-a", "stage=prod", repoDigest);
		expect((await cli(["image", "verify", "-k", "cosign.pub", "-a", "stage=prod", name])).code).toBe(0);
		expect((await cli(["image", "verify", "-k", "theirs.pub", name])).code).toBe(1);
		await trusting.ok(["pull", "-q", name]);
	});
});

test("to other tools a signature is an image that can be copied with its registry", async () => {
	const name = `${registry.domain}/team/copied:1`;
	await hull.ok(["tag", "busybox", name]);
	await hull.ok(["push", "-q", name]);
	const { stdout } = await cli(["image", "sign", "-k", "ours.pem", name]);
	const tag = `${stdout.trim().split("@")[1]!.replace(":", "-")}.sig`;
	const repository = `docker://${registry.domain}/team/copied`;
	const insecure = ["--src-tls-verify=false", "--dest-tls-verify=false"];
	const copy = (...args: string[]) =>
		execFileSync("skopeo", ["--insecure-policy", "copy", "--quiet", ...insecure, ...args], { stdio: "pipe" });
	for (const one of ["1", tag])
		copy(`${repository}:${one}`, `docker://${registry.domain}/elsewhere/app:${one}`);
	const elsewhere = `${registry.domain}/elsewhere/app:1`;
	const verify = ["image", "verify", "-k", "ours.pub"];
	expect((await cli([...verify, elsewhere])).code).toBe(1);
	expect((await cli([...verify, "--any-name", elsewhere])).code).toBe(0);
});
