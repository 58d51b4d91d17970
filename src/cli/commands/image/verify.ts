import { readFileSync } from "node:fs";
import type { ImageVerifyResponse } from "../../../api/index.ts";
import { imageVerify } from "../../../client/index.ts";
import { storedCredentials } from "../../engine/credentials.ts";
import { CommandFailure } from "../../failure.ts";
import { defineCommand } from "../../flags/command.ts";
import { listFormatFlag } from "../../flags/shared.ts";
import { parseFilter } from "../../flags/values.ts";
import { registryOf, splitReference } from "../../format/image-name.ts";
import { printList } from "../../format/print-list.ts";
import type { View } from "../../format/view.ts";

export const command = defineCommand({
	usage: "[OPTIONS] IMAGE",
	description:
		"Looks in the image's registry for signatures that one of the keys verifies, and fails when there is none. An image that is here is looked up by its digest, another by its name.",
	examples: [["hull image verify --key release.pub registry.lan/team/app:2", "Who signed this?"]],
	flags: [
		{
			kind: "list",
			name: "annotation",
			short: "a",
			word: "key=value",
			parse: parseFilter,
			completes: "none",
			help: "The signature must say this",
		},
		{ kind: "switch", name: "any-name", help: "Accept signatures made for another repository" },
		listFormatFlag,
		{
			kind: "list",
			name: "key",
			short: "k",
			word: "file",
			completes: "file",
			help: "Public key, a PEM file",
		},
	],
	arguments: { min: 1, max: 1 },
	completes: ["image"],
	async run(context, { flags, arguments: [image] }) {
		if (flags.key.length === 0) throw new CommandFailure("--key is required: a public key to verify with");
		const { repository } = splitReference(image!);
		const { Signatures } = await imageVerify(
			await context.engine(),
			image!,
			{
				Keys: flags.key.map(readPem),
				...(flags["any-name"] ? { Name: "any" } : {}),
				Annotations: Object.fromEntries(flags.annotation.map(({ key, value }) => [key, value])),
			},
			{ auth: await storedCredentials(context.configFolder, registryOf(repository)) },
		);
		await printList(context, Signatures, {
			view,
			columns: ["Digest", "Name", "Key", "Annotations"],
			format: flags.format,
		});
	},
});

type Signature = ImageVerifyResponse["Signatures"][number];

const view: View<Signature> = {
	Digest: { header: "DIGEST", get: ({ Digest }) => Digest },
	Name: { header: "NAME", get: ({ Name }) => Name },
	Key: { header: "KEY", get: ({ KeyFingerprint }) => KeyFingerprint.slice(0, 16) },
	KeyFingerprint: { header: "KEY FINGERPRINT", get: ({ KeyFingerprint }) => KeyFingerprint },
	Annotations: {
		header: "ANNOTATIONS",
		get: ({ Annotations }) =>
			Object.entries(Annotations)
				.map(([key, value]) => `${key}=${String(value)}`)
				.join(","),
	},
};

function readPem(path: string): string {
	try {
		return readFileSync(path, "utf8");
	} catch (cause) {
		throw new CommandFailure(`cannot read ${path}: ${(cause as Error).message}`, { cause });
	}
}
