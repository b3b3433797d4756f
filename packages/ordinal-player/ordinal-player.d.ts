/** What the player shows: its poster, nothing yet, time that passes or stands, a cluster in which nothing more is to come. */
export type PlayerState = "poster" | "loading" | "playing" | "paused" | "settled" | "failed";

/** The detail of `ready`, `timeupdate`, `change` and `settled`. */
export interface PlayerMoment {
  /** The playhead, in seconds. */
  readonly time: number;
  readonly state: PlayerState;
  /** The question that the page answers at this moment. */
  readonly why?: string;
}

export interface OrdinalPlayerEventMap {
  /** The story is open. */
  ready: CustomEvent<PlayerMoment>;
  /** The playhead has moved; four times a second at most. */
  timeupdate: CustomEvent<PlayerMoment>;
  /** The state, the question, or something in the cluster is another one. */
  change: CustomEvent<PlayerMoment>;
  /** Nothing more is to come. */
  settled: CustomEvent<PlayerMoment>;
  /** A lesson's bet was answered. */
  answer: CustomEvent<unknown>;
}

/** `<ordinal-player>`: a StatefulSet's story. Each method loads the simulator if it is not there yet. */
export declare class OrdinalPlayer extends HTMLElement {
  static readonly version: string;
  /** The folder of the built site, where the elements don't say another one (`site`). */
  static site: string;
  /** The playhead, in seconds. */
  readonly time: number;
  readonly state: PlayerState;
  play(): void;
  pause(): void;
  /** Goes to this moment, in seconds; the cluster is simulated up to there. */
  seek(seconds: number): void;
  /** To the next event. */
  step(): void;
  /** Applies a manifest, as `kubectl apply -f` does. */
  apply(yaml: string): void;
  /** Runs a command on the laptop beside the cluster. */
  run(command: string): void;
  addEventListener<K extends keyof OrdinalPlayerEventMap>(
    type: K, listener: (this: OrdinalPlayer, event: OrdinalPlayerEventMap[K]) => unknown, options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(type: string, listener: EventListenerOrEventListenerObject, options?: boolean | AddEventListenerOptions): void;
}

declare global {
  interface HTMLElementTagNameMap {
    "ordinal-player": OrdinalPlayer;
  }
}
