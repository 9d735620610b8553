// The types that several modules share. TypeScript reads this file; browsers do not load it.

type Backend = import("./public/api.js").Backend;
type BackendError = import("./public/api.js").BackendError;
type Counter = import("./public/counter.js").Counter;
type SpiralView = import("./public/spiral_view.js").SpiralView;

/** F(index) in decimal digits. */
interface Term {
  index: number;
  value: string;
}

type Step = "next" | "previous" | "reset";

/** When a request was sent, and how long its answer took. */
interface Call {
  at: Date;
  latencyMs: number;
}

/** The last failure on a backend that still matters. */
interface Problem {
  type: string;
  backend: Backend;
  /** The step that failed, or null for a read. */
  step: Step | null;
  /** Where a refused step found the counter. */
  index?: number;
  /** How many presses behind the step were dropped. */
  unsent: number;
  /** How many requests had been sent when the problem was noted. */
  order: number;
}

interface Press {
  step: Step;
  pressedAt: number;
  resolve: (counted: boolean) => void;
}

interface QueueEvents {
  /** Sends a step; fails with a BackendError. */
  send: (backend: Backend, step: Step) => Promise<void>;
  failed: (backend: Backend, step: Step, error: BackendError, unsent: number) => void;
  changed: () => void;
}

interface PollerEvents {
  /** Reads once; returns the wait before the next read in milliseconds. */
  read: (signal: AbortSignal) => Promise<number>;
  mayRead: () => boolean;
  /** Is called when a read becomes slow. */
  changed: () => void;
}

interface PlayerEvents {
  /** Steps once; returns whether the step was counted. */
  step: () => Promise<boolean>;
  isHidden: () => boolean;
  changed: () => void;
}

interface Frame {
  width: number;
  height: number;
}

interface Square {
  index: number;
  side: number;
  x: number;
  y: number;
}

/** A rotation by quarter turns (clockwise) and a growth, about the point (x, y). */
interface Turn {
  x: number;
  y: number;
  growth: number;
  quarters: number;
}

interface OpenApiOperation {
  summary: string;
  responses: Record<string, { description: string }>;
}

interface OpenApi {
  paths: Record<string, Record<string, OpenApiOperation>>;
}
