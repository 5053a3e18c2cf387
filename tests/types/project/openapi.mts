// The gateway's types against its OpenAPI description: `gateway-openapi.d.mts` is generated from that by the test.

import type * as gateway from "cloudauth-edge/gateway-client";
import type { components, operations } from "./gateway-openapi.mjs";

type Schemas = components["schemas"];

/** All members of all variants, each optional where a variant lacks it. */
type Merged<T> = {
  [Name in T extends T ? keyof T : never]: T extends { [Key in Name]?: infer V } ? V : never;
};
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
/** Every member is there, however deep: an optional one that is missing would be assignable. */
type Whole<T> = T extends readonly (infer Item)[]
  ? Whole<Item>[]
  : T extends object
    ? { [Name in keyof T]-?: Whole<T[Name]> }
    : T;
type Mutual<A, B> = [A] extends [B] ? ([B] extends [A] ? true : "more is allowed") : "less is allowed";
const same = <A, B>(_same: Mutual<A, B> & Mutual<Whole<A>, Whole<B>>): void => {};
const alike = <A, B>(_same: Equal<A, B>): void => {};

same<gateway.StartedFaceVerification, Schemas["StartedFaceVerification"]>(true);
same<gateway.WebhookReport, Schemas["WebhookReport"]>(true);
same<gateway.VendorRequestIds, Schemas["VendorRequestIds"]>(true);
same<gateway.GatewaySubCodeInfo, Schemas["SubCodeInfo"]>(true);
same<gateway.GatewayMaterial, Schemas["Material"]>(true);
same<gateway.FaceVerificationSummary, Schemas["FaceVerificationSummary"]>(true);
same<gateway.FaceVerificationPage, Schemas["FaceVerificationPage"]>(true);
same<gateway.FaceVerificationCounts, Schemas["FaceVerificationCounts"]>(true);
same<gateway.OrderStatus, Schemas["OrderStatus"]>(true);
same<gateway.ProblemCode, Schemas["ProblemCode"]>(true);
same<gateway.Audience, Schemas["Audience"]>(true);
same<gateway.Execution, Schemas["Problem"]["execution"]>(true);

// An order: each variant is one of the description, and together they have its members and no others.
export const order = (found: gateway.FaceVerification): Schemas["FaceVerification"] => found;
alike<keyof Merged<gateway.FaceVerification>, keyof Schemas["FaceVerification"]>(true);
same<gateway.FaceVerification["status"], Schemas["FaceVerification"]["status"]>(true);

// What is sent: every parameter, by its name, and the queries.
alike<keyof gateway.StartParameters, keyof Schemas["NewFaceVerification"]>(true);
alike<keyof gateway.ListQuery, keyof NonNullable<operations["listFaceVerifications"]["parameters"]["query"]>>(
  true,
);
alike<
  keyof gateway.CountQuery,
  keyof NonNullable<operations["countFaceVerifications"]["parameters"]["query"]>
>(true);
type Parameter<Name extends keyof operations> = keyof NonNullable<operations[Name]["parameters"]["query"]>;
alike<Exclude<keyof gateway.StartOptions, keyof gateway.CallOptions>, Parameter<"startFaceVerification">>(
  true,
);
alike<Exclude<keyof gateway.ReadOptions, keyof gateway.CallOptions>, Parameter<"readFaceVerification">>(true);
