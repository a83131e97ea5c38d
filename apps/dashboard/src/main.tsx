import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query"
import { RouterProvider } from "@tanstack/react-router"
import { StrictMode } from "react"
import { createRoot } from "react-dom/client"
import { Refusal } from "./Api.ts"
import { Door } from "./Door.tsx"
import { router } from "./Router.tsx"
import "./styles/tokens.css"
import "./styles/base.css"
import "./styles/layout.css"
import "./styles/parts.css"
import "./styles/pages.css"
import * as Theme from "./Theme.ts"

Theme.begin()

/** Who is not signed in any more is led to the door, whatever they were doing. */
const lookAt = (error: unknown): void => {
  if (error instanceof Refusal && error.status === 401) client.setQueryData(["session"], null)
}

const client: QueryClient = new QueryClient({
  queryCache: new QueryCache({ onError: lookAt }),
  mutationCache: new MutationCache({ onError: lookAt }),
  defaultOptions: {
    queries: {
      staleTime: 2_000,
      // What was refused is refused again; what could not be reached may be there in a moment.
      retry: (failures, error) =>
        failures < 2 && error instanceof Refusal && (error.status === 0 || error.status >= 500),
    },
  },
})

const root = document.querySelector("#root")
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={client}>
        <Door>
          <RouterProvider router={router} />
        </Door>
      </QueryClientProvider>
    </StrictMode>,
  )
}
