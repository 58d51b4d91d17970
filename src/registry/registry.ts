import { digestOf, type Reference } from "../oci/index.ts";
import type { OpenOptions, Registry, Repository } from "./contract.ts";
import { type Endpoint, endpointOf, mirrorsOf, type ReadCredentials } from "./endpoint.ts";
import { fetchBlob } from "./fetch-blob.ts";
import { fetchManifest, fetchTags, manifestTypes } from "./fetch-manifest.ts";
import { fetchReferrers } from "./fetch-referrers.ts";
import { login } from "./login.ts";
import { withMirrors } from "./mirrored.ts";
import { defaultPatience, type Patience } from "./patience.ts";
import { defaultRetryPolicy, type RetryPolicy } from "./retry.ts";
import { searchRegistry } from "./search.ts";
import { openSession, type Session } from "./session.ts";
import { noSettings, type RegistrySettings } from "./settings.ts";
import { mountBlob, putManifest, uploadBlob } from "./upload-blob.ts";

export interface RegistryOptions {
	/** Asked before each operation; see {@link settingsReader}. */
	readonly settings?: () => RegistrySettings;
	readonly retry?: RetryPolicy;
	readonly patience?: Patience;
	readonly userAgent?: string;
	/** Default: mirrors that want credentials are refused as if there were none. */
	readonly credentials?: ReadCredentials;
}

/** A mirror that does not answer must not cost much: the registry itself is next. */
const mirrorAttempts = 2;

export function createRegistry(options: RegistryOptions = {}): Registry {
	const { settings = () => noSettings, retry = defaultRetryPolicy, patience = defaultPatience } = options;
	const { userAgent = "hull", credentials = async () => undefined } = options;
	const openAt = (endpoint: Endpoint, reference: Reference, { auth, ...rest }: OpenOptions) => {
		// Credentials are for the registry that they were given for.
		const own = endpoint.isMirror || auth === undefined ? {} : { auth };
		const attempts = endpoint.isMirror ? Math.min(mirrorAttempts, retry.attempts) : retry.attempts;
		return repositoryOf(
			openSession({
				...rest,
				...own,
				...{ reference, endpoint, userAgent, patience, retry: { ...retry, attempts } },
			}),
		);
	};
	return {
		open(reference, openOptions) {
			const now = settings();
			const registry = openAt(endpointOf(reference.domain, now), reference, openOptions);
			if (openOptions.actions !== "pull") return registry;
			const mirrors = mirrorsOf(reference.domain, now, credentials);
			return withMirrors(
				mirrors.map((mirror) => openAt(mirror, reference, openOptions)),
				registry,
			);
		},
		login: (domain, auth, signal) =>
			login(endpointOf(domain, settings()), { auth, retry, userAgent, patience, signal }),
		search: (domain, searchOptions) =>
			searchRegistry(endpointOf(domain, settings()), {
				...searchOptions,
				...{ domain, retry, userAgent, patience },
			}),
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
		blob: (descriptor, options) => fetchBlob(session, descriptor, options?.from),
		hasBlob: (digest) => exists(`blobs/${digest}`),
		hasManifest: (digest) => exists(`manifests/${digest}`, manifestTypes),
		mountBlob: (digest, from) => mountBlob(session, digest, from),
		uploadBlob: (descriptor, uploadOptions) => uploadBlob(session, descriptor, uploadOptions),
		putManifest: (tagOrDigest, mediaType, bytes) =>
			putManifest(session, tagOrDigest, { mediaType, bytes, digest: digestOf(bytes) }),
	};
}
