import type { HullSecret, HullSecretCreateRequest, HullSecretUpdateRequest } from "../api/index.ts";
import type { Filters } from "./filters.ts";

type Kind = "secret" | "config";

/** Secrets and configs without a cluster. */
export interface SecretsBackend {
	list(kind: Kind, filters: Filters): Promise<HullSecret[]>;
	create(kind: Kind, request: HullSecretCreateRequest): Promise<{ Id: string }>;
	inspect(kind: Kind, reference: string): Promise<HullSecret>;
	update(kind: Kind, reference: string, request: HullSecretUpdateRequest): Promise<void>;
	remove(kind: Kind, reference: string): Promise<void>;
}
