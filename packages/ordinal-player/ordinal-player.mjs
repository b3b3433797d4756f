// <ordinal-player> as a module: defines the element, and exports its class (nothing where there are no elements, on a server).
import "./ordinal-player.js";

export const OrdinalPlayer = globalThis.customElements?.get("ordinal-player");
if (OrdinalPlayer) OrdinalPlayer.site ??= new URL(".", import.meta.url).href;
