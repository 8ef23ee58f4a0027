import django.db.models.deletion
from django.db import migrations, models


def release(apps, schema_editor):
    """Whatever could be used could be used wholly: the cards of activated batches are released."""
    cards = apps.get_model("billing", "Card").objects
    batches = apps.get_model("billing", "CardBatch").objects.filter(activated_at__isnull=False)
    for batch in batches.only("pk", "count", "activated_at").iterator():
        cards.filter(batch_id=batch.pk).update(released_at=batch.activated_at)
        still = cards.filter(
            batch_id=batch.pk, activated_at__isnull=True, expires_at__isnull=True
        ).count()
        batches.filter(pk=batch.pk).update(released=batch.count, open_cards=still)


def hold_back(apps, schema_editor):
    """Before, all cards of an activated batch could be used: those that were not released, and
    withdrawn ones, are locked.
    """
    cards = apps.get_model("billing", "Card").objects
    cards.filter(status="withdrawn").update(
        status="locked", locked_from="new", withdrawn_at=None
    )
    cards.filter(
        status__in=("new", "sold"), released_at__isnull=True, batch__activated_at__isnull=False
    ).update(locked_from=models.F("status"), status="locked")


def name_pins(apps, schema_editor):
    """Records of PINs say of which batch they were, so that they outlive it."""
    taken = apps.get_model("billing", "PinsTaken").objects
    for one in taken.select_related("batch").filter(account__isnull=True).iterator():
        taken.filter(pk=one.pk).update(
            batch_name=one.batch.name, account_id=one.batch.account_id
        )


def forget_deleted(apps, schema_editor):
    """Before, such a record could not be without its batch; the audit log keeps what it said."""
    apps.get_model("billing", "PinsTaken").objects.filter(batch__isnull=True).delete()


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0008_gateways'),
        ('billing', '0006_covered'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='card',
            name='card_used_is_paid_out',
        ),
        migrations.AddField(
            model_name='card',
            name='released_at',
            field=models.DateTimeField(null=True, verbose_name='Released'),
        ),
        migrations.AddField(
            model_name='card',
            name='withdrawn_at',
            field=models.DateTimeField(null=True, verbose_name='Withdrawn'),
        ),
        migrations.AddField(
            model_name='cardbatch',
            name='released',
            field=models.PositiveIntegerField(db_default=0, default=0, editable=False, verbose_name='Released'),
        ),
        migrations.AddField(
            model_name='cardbatch',
            name='open_cards',
            field=models.PositiveIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.AlterField(
            model_name='card',
            name='status',
            field=models.CharField(choices=[('new', 'New'), ('sold', 'Sold'), ('active', 'Active'), ('used_up', 'Used up'), ('expired', 'Expired'), ('locked', 'Locked'), ('withdrawn', 'Withdrawn')], default='new', max_length=9, verbose_name='Status'),
        ),
        migrations.AlterField(
            model_name='cardbatch',
            name='activated_at',
            field=models.DateTimeField(editable=False, null=True, verbose_name='First released'),
        ),
        migrations.AlterField(
            model_name='cardbatch',
            name='state',
            field=models.CharField(choices=[('generated', 'Not released'), ('active', 'Released'), ('blocked', 'Blocked')], default='generated', max_length=9, verbose_name='State'),
        ),
        migrations.RunPython(release, hold_back),
        migrations.AddIndex(
            model_name='card',
            index=models.Index(condition=models.Q(('activated_at__isnull', True), ('expires_at__isnull', False), ('withdrawn_at__isnull', True)), fields=['batch'], name='card_with_own_day'),
        ),
        migrations.AddConstraint(
            model_name='card',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(models.Q(('status__in', ('new', 'sold', 'withdrawn')), models.Q(('locked_from__in', ('new', 'sold')), ('status', 'locked')), _connector='OR'), ('account__isnull', True), ('activated_at__isnull', True), ('transaction__isnull', True)), models.Q(models.Q(('status__in', ('active', 'used_up')), models.Q(('locked_from', 'active'), ('status', 'locked')), _connector='OR'), ('account__isnull', False), ('activated_at__isnull', False), ('transaction__isnull', False)), _connector='OR'), name='card_used_is_paid_out'),
        ),
        migrations.AddConstraint(
            model_name='card',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'withdrawn'), ('withdrawn_at__isnull', False)), models.Q(models.Q(('status', 'withdrawn'), _negated=True), ('withdrawn_at__isnull', True)), _connector='OR'), name='card_withdrawn_for_good'),
        ),
        migrations.AddConstraint(
            model_name='cardbatch',
            constraint=models.CheckConstraint(condition=models.Q(('open_cards__lte', models.F('released')), ('released__lte', models.F('count'))), name='card_batch_released_at_most_all'),
        ),
        # The table keeps its name: the version before goes on writing into it.
        migrations.AlterModelTable(
            name='cardrelease',
            table='billing_cardrelease',
        ),
        migrations.RenameModel(
            old_name='CardRelease',
            new_name='PinsTaken',
        ),
        migrations.AlterModelOptions(
            name='pinstaken',
            options={'verbose_name': 'PINs taken out', 'verbose_name_plural': 'PINs taken out'},
        ),
        migrations.AddField(
            model_name='pinstaken',
            name='batch_name',
            field=models.CharField(db_default='', default='', max_length=64),
        ),
        migrations.AddField(
            model_name='pinstaken',
            name='account',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.account'),
        ),
        migrations.AlterField(
            model_name='pinstaken',
            name='batch',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='pins_taken', to='billing.cardbatch'),
        ),
        migrations.RunPython(name_pins, forget_deleted),
    ]
