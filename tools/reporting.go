package tools

import d "dixa-mcp/dixaclient"

var analytics = group("analytics",
	tool(d.ListMetrics, "listed metrics", "Metrics with their filters and aggregations; look here before query_metric."),
	tool(d.GetMetric, "read metric {metricId}", "One metric with its filters and aggregations."),
	tool(d.ListMetricFilterValues, "listed the values of filter {filterAttribute}", "Values of one filter attribute, as filters take them."),
	tool(d.QueryMetric, "queried metric {id}", "One aggregated metric for a period or some conversations. No grouping: one call a group, with filters."),
	tool(d.ListMetricRecords, "listed record types", "Record types with their filters and fields; look here before query_metric_records."),
	tool(d.GetMetricRecord, "read record type {recordId}", "One record type with its filters and fields."),
	tool(d.QueryMetricRecords, "queried records {id}", "Rows behind a metric for a period or some conversations."),
)

var webhooks = group("webhooks",
	tool(d.ListWebhooks, "listed webhooks", "Webhook subscriptions; secrets are left out.", named),
	tool(d.GetWebhook, "read webhook {webhookSubscriptionId}", "One webhook subscription; secrets are left out.", named),
	tool(d.GetWebhookStatus, "read the delivery status of webhook {webhookSubscriptionId}", "Last delivery of each event of a webhook.", named),
	tool(d.ListWebhookDeliveries, "read deliveries of webhook {webhookSubscriptionId}", "Recent deliveries of one event, with what was sent.", named),
	tool(d.CreateWebhook, "created a webhook", "Send conversation events to an address from now on.", named),
	tool(d.UpdateWebhook, "updated webhook {webhookSubscriptionId}", "Change where and which events are sent.", named),
	tool(d.DeleteWebhook, "deleted webhook {webhookSubscriptionId}", "Delete a webhook subscription; its secret is lost.", named),
)

var anonymization = group("anonymization",
	tool(d.GetAnonymization, "read anonymization request {requestId}", "Whether an anonymization is done, and since when."),
	tool(d.AnonymizeEntity, "anonymized {entityId}", "Erase the personal data of an entity permanently (deprecated: use anonymize_conversation, anonymize_message, anonymize_end_user)."),
)
