import { readFileSync } from "node:fs";
import { type Engine, imageInspect, imageSign } from "../../../client/index.ts";
import { formatPayload, isEncryptedKey, type PrivateKey, parsePrivateKey } from "../../../trust/index.ts";
import type { CommandContext } from "../../context.ts";
import { storedCredentials } from "../../engine/credentials.ts";
import { CommandFailure } from "../../failure.ts";
import { defineCommand } from "../../flags/command.ts";
import { parseFilter } from "../../flags/values.ts";
import { registryOf, splitReference } from "../../format/image-name.ts";
import { readInput } from "../../streams/input.ts";

export const command = defineCommand({
	usage: "[OPTIONS] IMAGE",
	description:
		"Signs the image's digest with a private key and puts the signature beside the image in its registry, as cosign does. The key is read and used here; the engine gets the signature. Keys are PEM files: ECDSA on P-256, Ed25519 or RSA; openssl makes them. The passphrase of an encrypted key is HULL_KEY_PASSPHRASE.",
	examples: [
		["hull image sign --key release.pem registry.lan/team/app:2", "Sign what was pushed under this name"],
	],
	flags: [
		{
			kind: "list",
			name: "annotation",
			short: "a",
			word: "key=value",
			parse: parseFilter,
			completes: "none",
			help: "Sign this too",
		},
		{ kind: "text", name: "key", short: "k", completes: "file", help: "Private key, a PEM file" },
		{ kind: "switch", name: "passphrase-stdin", help: "Read the key's passphrase from stdin" },
	],
	arguments: { min: 1, max: 1 },
	completes: ["image"],
	async run(context, { flags, arguments: [image] }) {
		if (flags.key === undefined) throw new CommandFailure("--key is required: the private key to sign with");
		const key = await readKey(context, flags.key, flags["passphrase-stdin"]);
		const engine = await context.engine();
		const { repository } = splitReference(image!);
		const { name, digest } = await signedName(engine, image!);
		const annotations = Object.fromEntries(flags.annotation.map(({ key: member, value }) => [member, value]));
		const payload = formatPayload({ digest, name, annotations });
		await imageSign(
			engine,
			`${repository}@${digest}`,
			{
				Payload: Buffer.from(payload).toString("base64"),
				Signature: Buffer.from(key.sign(payload)).toString("base64"),
			},
			{ auth: await storedCredentials(context.configFolder, registryOf(repository)) },
		);
		context.out(`${name}@${digest}\n`);
	},
});

async function readKey(context: CommandContext, path: string, fromStdin: boolean): Promise<PrivateKey> {
	const pem = readPem(path);
	if (!isEncryptedKey(pem)) return parsePrivateKey(pem, path);
	const passphrase = fromStdin ? await firstLine() : context.environment["HULL_KEY_PASSPHRASE"];
	if (passphrase === undefined)
		throw new CommandFailure(`${path} is encrypted: set HULL_KEY_PASSPHRASE or use --passphrase-stdin`);
	return parsePrivateKey(pem, path, passphrase);
}

function readPem(path: string): string {
	try {
		return readFileSync(path, "utf8");
	} catch (cause) {
		throw new CommandFailure(`cannot read ${path}: ${(cause as Error).message}`, { cause });
	}
}

async function firstLine(): Promise<string> {
	const chunks: Uint8Array[] = [];
	for await (const chunk of readInput()) chunks.push(chunk);
	return Buffer.concat(chunks)
		.toString()
		.replace(/\r?\n$/, "");
}

type Signed = Pick<Parameters<typeof formatPayload>[0], "name" | "digest">;

/** The digest that the registry knows the image by: the one that was named, or that of the last push or pull. */
async function signedName(engine: Engine, image: string): Promise<Signed> {
	const { repository, digest } = splitReference(image);
	const name = registryOf(repository) === "docker.io" ? hubName(repository) : repository;
	if (digest !== undefined) return { name, digest: digest as Signed["digest"] };
	const { RepoDigests } = await imageInspect(engine, image);
	const known = (RepoDigests ?? []).map(splitReference).filter((one) => one.repository === repository);
	if (known.length === 0)
		throw new CommandFailure(`${image} has no digest of ${repository}: push it first, then sign it`);
	if (known.length > 1) {
		const digests = known.map((one) => `  ${repository}@${one.digest}\n`).join("");
		throw new CommandFailure(`${image} has several digests, name one of them:\n${digests.trimEnd()}`);
	}
	return { name, digest: known[0]!.digest as Signed["digest"] };
}

/** Signers spell out what `busybox` stands for. */
function hubName(repository: string): string {
	const path = repository.replace(/^(index\.)?docker\.io\//, "");
	return `docker.io/${path.includes("/") ? path : `library/${path}`}`;
}
