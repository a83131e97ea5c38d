/** Payments that buyers dispute. */
import { useFilters } from "../Search.ts"
import { Filter } from "../ui/Field.tsx"
import { Card, Head } from "../ui/Parts.tsx"
import { DisputeList } from "./disputes/DisputeList.tsx"

const statuses = [
  ["", "Any status"],
  ["open", "Open"],
  ["won", "Won"],
  ["lost", "Lost"],
  ["closed", "Closed"],
] as const

const Disputes = () => {
  const [filters, set] = useFilters()
  const { status = "" } = filters
  return (
    <>
      <Head title="Disputes">
        Answer them at the provider. While one is open, and when it is lost, its payment is not refunded from here.
        Polar deals with disputes itself, and tells of none.
      </Head>
      <div className="filters">
        <Filter label="Status" value={status} choices={statuses} onChange={(value) => set({ status: value })} />
      </div>
      <Card>
        <DisputeList query={{ status }} label="Disputes, newest first" nothing="Nobody disputes anything" ofAll />
      </Card>
    </>
  )
}

export default Disputes
