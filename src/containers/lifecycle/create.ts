import { mkdirSync } from "node:fs";
import type { ContainerCreateRequest, ContainerCreateResponse } from "../../api/index.ts";
import type { ImageRecord } from "../../images/index.ts";
import {
	EngineError,
	failpoint,
	isEngineError,
	removeTreeSync,
	translateSystemError,
} from "../../lib/index.ts";
import { normalizePlatform, parsePlatform } from "../../oci/index.ts";
import type { Context } from "../context.ts";
import { prefetchAccounts } from "../files/accounts.ts";
import { driverOf, isolationOf } from "../isolation.ts";
import { taskLocation } from "../locations.ts";
import { publish } from "../publish.ts";
import type { ContainerRecord } from "../record/record.ts";
import { type DescribedContainer, describeContainer } from "./describe.ts";
import { provideVolumes } from "./provide-volumes.ts";
import { storageBytes } from "./storage-size.ts";

/**
 * Makes a container, ready to start: its writable snapshot is prepared here, off the path of `start`.
 *
 * Crash windows: snapshot, folder and volumes come first, the record last. Without a record, boot removes a snapshot
 * and a folder of this id, gives back the volumes it used and removes those made for it without a name.
 */
export async function createContainer(
	context: Context,
	request: ContainerCreateRequest,
	options: { readonly name?: string; readonly platform?: string; readonly bindRoots?: readonly string[] },
): Promise<ContainerCreateResponse> {
	const image = findImage(context, request.Image ?? "", options.platform);
	try {
		const described = describeContainer(context, image, {
			request,
			name: options.name,
			bindRoots: options.bindRoots,
		});
		await driverOf(context, described.record).assertUsable();
		return await make(context, described);
	} catch (error) {
		// To clients `not found` means the image, and they would pull it.
		if (!isEngineError(error, "not_found")) throw error;
		throw new EngineError("invalid_argument", error.message, { cause: error });
	}
}

/** Carries a description out. */
async function make(context: Context, described: DescribedContainer): Promise<ContainerCreateResponse> {
	const { record, volumes } = described;
	const { id, name } = record;
	await using undo = new AsyncDisposableStack();
	context.registry.reserveName(name, id);
	undo.defer(() => context.registry.releaseName(name, id));
	await prepareSnapshot(context, record);
	undo.defer(() => context.snapshots.remove(id));
	failpoint("containers.create.after-snapshot");
	makeStateDirectory(context, id, undo);
	failpoint("containers.create.after-folder");
	await provideVolumes(context, { id, volumes, mounts: record.mounts, undo });
	failpoint("containers.create.after-volumes");

	context.documents.put(id, record);
	undo.move();
	failpoint("containers.create.after-persist");
	const container = context.registry.add(record);
	publish(context, container, { action: "create" });
	context.images.noteUse(record.image.id);
	prefetchAccounts(context, container);
	const hint = isolationOf(record) === "vm" ? await context.machineHint?.() : undefined;
	return { Id: id, Warnings: [...described.warnings, ...(hint === undefined ? [] : [hint])] };
}

async function prepareSnapshot(context: Context, record: ContainerRecord): Promise<void> {
	const { id, image } = record;
	const bytes = storageBytes(record.hostConfig);
	if (isolationOf(record) === "vm")
		await context.snapshots.prepareMachine(id, image.chainId, bytes ?? context.machineDiskBytes);
	else if (bytes === undefined) await context.snapshots.prepare(id, image.chainId);
	else await context.snapshots.prepareSized(id, image.chainId, bytes);
}

function findImage(context: Context, reference: string, platform: string | undefined): ImageRecord {
	if (reference === "") throw new EngineError("invalid_argument", "no image specified");
	const image = context.images.get(reference);
	if (platform) assertPlatform(image, { reference, platform });
	return image;
}

function assertPlatform(image: ImageRecord, wanted: { reference: string; platform: string }): void {
	const { os, architecture, variant } = parsePlatform(wanted.platform);
	const has = normalizePlatform(image.config);
	const fits =
		os === has.os &&
		architecture === has.architecture &&
		(variant === undefined || has.variant === undefined || variant === has.variant);
	if (fits) return;
	throw new EngineError(
		"not_found",
		`image with reference ${wanted.reference} was found but does not provide the specified platform (${wanted.platform})`,
	);
}

function makeStateDirectory(context: Context, id: string, undo: AsyncDisposableStack): void {
	const { stateDir } = taskLocation(context, id);
	try {
		mkdirSync(stateDir, { recursive: true, mode: 0o710 });
	} catch (error) {
		throw translateSystemError(error, stateDir);
	}
	undo.defer(() => removeTreeSync(stateDir));
}
