import { digestOf } from "../oci/index.ts";
import type { Registry, Repository } from "./contract.ts";
import { endpointOf } from "./endpoint.ts";
import { fetchBlob } from "./fetch-blob.ts";
import { fetchManifest, fetchTags, manifestTypes } from "./fetch-manifest.ts";
import { fetchReferrers } from "./fetch-referrers.ts";
import { login } from "./login.ts";
import { defaultRetryPolicy, type RetryPolicy } from "./retry.ts";
import { openSession, type Session } from "./session.ts";
import { mountBlob, putManifest, uploadBlob } from "./upload-blob.ts";

export interface RegistryOptions {
	/** Domains (`registry.lan:5000`) that are spoken to without TLS; this machine's own always are. */
	readonly insecureRegistries?: readonly string[];
	readonly retry?: RetryPolicy;
	readonly userAgent?: string;
}

export function createRegistry(options: RegistryOptions = {}): Registry {
	const { insecureRegistries = [], retry = defaultRetryPolicy, userAgent = "hull" } = options;
	return {
		open: (reference, openOptions) =>
			repositoryOf(
				openSession({
					...openOptions,
					reference,
					origin: endpointOf(reference.domain, insecureRegistries).origin,
					retry,
					userAgent,
				}),
			),
		login: (domain, auth, signal) =>
			login(endpointOf(domain, insecureRegistries).origin, { auth, retry, userAgent, signal }),
	};
}

function repositoryOf(session: Session): Repository {
	const exists = async (to: string, accept = "*/*") => {
		const response = await session.request({ method: "HEAD", to, headers: { accept }, accept: [404] });
		response.discard();
		return response.status !== 404;
	};
	return {
		manifest: (tagOrDigest) => fetchManifest(session, tagOrDigest),
		referrers: (digest, artifactType) => fetchReferrers(session, digest, artifactType),
		tags: () => fetchTags(session),
		blob: (descriptor) => fetchBlob(session, descriptor),
		hasBlob: (digest) => exists(`blobs/${digest}`),
		hasManifest: (digest) => exists(`manifests/${digest}`, manifestTypes),
		mountBlob: (digest, from) => mountBlob(session, digest, from),
		uploadBlob: (descriptor, uploadOptions) => uploadBlob(session, descriptor, uploadOptions),
		putManifest: (tagOrDigest, mediaType, bytes) =>
			putManifest(session, tagOrDigest, { mediaType, bytes, digest: digestOf(bytes) }),
	};
}
