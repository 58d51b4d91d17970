/** Egress policies, changed while containers run. An empty policy ends one. */
export interface EgressBackend {
	changeContainerEgress(reference: string, policy: string): Promise<void>;
	changeNetworkEgress(reference: string, policy: string): Promise<void>;
}
