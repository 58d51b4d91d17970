import type { Images } from "../../images/index.ts";
import type { Digest } from "../../oci/index.ts";
import type { Lease, Leases } from "../../store/index.ts";

/** Holds what is made for an export alone; disposing removes it where nothing else came to need it. */
export function holdMeanwhile({
	leases,
	images,
}: {
	readonly leases: Leases;
	readonly images: Pick<Images, "release">;
}): AsyncDisposable & { readonly lease: Lease } {
	const held = new Set<string>();
	const lease = leases.create();
	return {
		lease: {
			hold(id) {
				lease.hold(id);
				held.add(id);
			},
			[Symbol.dispose]: () => lease[Symbol.dispose](),
		},
		async [Symbol.asyncDispose]() {
			lease[Symbol.dispose]();
			await images.release([...held] as Digest[]);
		},
	};
}
