/**
 * The annotation (`HostConfig.Annotations`), the label of containers and networks, and the option of networks that hold
 * an egress policy: words as `deny` and `allow=example.com:443/tcp`, see docs/networks.md.
 */
export const egressAnnotation = "hull.egress";
