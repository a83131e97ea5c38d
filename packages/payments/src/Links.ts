/** The urls of a buyer's stable link. */
export const of = (publicUrl: string, linkToken: string) => {
  const link = `${publicUrl}/pay/${linkToken}`
  return { link, successUrl: `${link}/return`, cancelUrl: `${link}/cancel` }
}

export type Links = ReturnType<typeof of>
