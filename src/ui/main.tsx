// Starts the dashboard.
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { queryClient } from "./app/query-client.ts";
import { router } from "./app/router.tsx";
import { applyTheme, readTheme } from "./app/theme.ts";
import { takeKeyFromFragment } from "./session/first-start-link.ts";
import { SessionGate } from "./session/session-gate.tsx";
import "@fontsource-variable/atkinson-hyperlegible-mono/wght.css";
import "@fontsource-variable/atkinson-hyperlegible-next/wght.css";
import "./styles.css";

applyTheme(readTheme());
const firstKey = takeKeyFromFragment();

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no element with the id root: the page cannot start.");
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <SessionGate firstKey={firstKey}>
        <RouterProvider router={router} />
      </SessionGate>
    </QueryClientProvider>
  </StrictMode>,
);
